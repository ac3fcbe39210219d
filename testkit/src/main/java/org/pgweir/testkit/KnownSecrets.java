package org.pgweir.testkit;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What must stand in no log: the passwords of all tests, which carry a word by which they are known; stored secrets and keys, by their form;
 * and what was noted because it has neither. {@code .ci/no-secrets} looks for the same in the files of a whole test run. From any thread.
 */
public final class KnownSecrets {
    /** A part of every password. */
    public static final String MARK = "sesame";

    private static final Pattern FORMS =
            Pattern.compile("(?i)" + MARK + "|SCRAM-SHA-256\\$\\d+:|\\bmd5[0-9a-f]{32}|PRIVATE KEY-----");

    /** Hashes, salts, and keys of a stored secret; shorter parts are none. */
    private static final Pattern PARTS = Pattern.compile("[0-9a-f]{32}|[A-Za-z0-9+/]{20,}={0,2}");

    private static final int SHOWN = 30;

    private static final Set<String> NOTED = ConcurrentHashMap.newKeySet();

    private KnownSecrets() {}

    /**
     * A password that a test is about to use.
     *
     * @throws IllegalArgumentException if it could not be found in a log
     */
    public static String password(String password) {
        if (!password.isEmpty() && !password.contains(MARK)) {
            throw new IllegalArgumentException(
                    "the password has no \"" + MARK + "\" in it, by which it would be found in a log");
        }
        return password;
    }

    /** Takes note of a stored secret: its parts. A plain password is one, too. */
    public static void stored(String secret) {
        boolean hashed = secret.matches("md5[0-9a-f]{32}") || secret.startsWith("SCRAM-SHA-256$");
        if (hashed) {
            PARTS.matcher(secret.substring(3)).results().forEach(part -> NOTED.add(part.group()));
        } else {
            password(secret);
        }
    }

    /** Takes note of a key: its lines. */
    public static void key(String pem) {
        PARTS.matcher(pem).results().forEach(part -> NOTED.add(part.group()));
    }

    /** Says where a secret is in the text, without saying it; null if there is none. */
    public static String in(String text) {
        Matcher form = FORMS.matcher(text);
        if (form.find()) {
            return shown(text, form.start());
        }
        for (String secret : NOTED) {
            int at = text.indexOf(secret);
            if (at >= 0) {
                return shown(text, at);
            }
        }
        return null;
    }

    private static String shown(String text, int at) {
        return "..." + text.substring(Math.max(0, at - SHOWN), at) + "<here>";
    }
}
