package org.pgweir.proxy.net;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Cipher suites, and OpenSSL's language for lists of them, such as {@code HIGH:!kRSA} or {@code ECDHE+AESGCM:AES256-SHA}. What is not
 * known is passed over, as OpenSSL does; suites without encryption, without a proof of the server, or with ciphers that are broken, are not
 * known.
 */
final class TlsCiphers {
    /** All of TLS 1.3, which has no list language. */
    private static final List<String> TLS_1_3 =
            List.of("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256");

    /** Of TLS 1.2 and before, the best first. */
    private static final List<String> TLS_1_2 = suites();

    /** libtls's words for lists, which PgBouncer takes: all of what we know is good enough for the strictest. */
    private static final Set<String> WORDS =
            Set.of("default", "secure", "normal", "fast", "compat", "legacy", "insecure", "all");

    private TlsCiphers() {}

    private static List<String> suites() {
        List<String> suites = new ArrayList<>();
        for (String cipher : List.of("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256")) {
            for (String exchange : List.of("ECDHE_ECDSA", "ECDHE_RSA", "DHE_RSA")) {
                suites.add("TLS_" + exchange + "_WITH_" + cipher);
            }
        }
        for (String cipher :
                List.of("AES_256_CBC_SHA384", "AES_128_CBC_SHA256", "AES_256_CBC_SHA", "AES_128_CBC_SHA")) {
            for (String exchange : List.of("ECDHE_ECDSA", "ECDHE_RSA")) {
                suites.add("TLS_" + exchange + "_WITH_" + cipher);
            }
        }
        for (String exchange : List.of("DHE_RSA", "RSA")) {
            if (exchange.equals("RSA")) {
                suites.add("TLS_RSA_WITH_AES_256_GCM_SHA384");
                suites.add("TLS_RSA_WITH_AES_128_GCM_SHA256");
            }
            for (String cipher :
                    List.of("AES_256_CBC_SHA256", "AES_128_CBC_SHA256", "AES_256_CBC_SHA", "AES_128_CBC_SHA")) {
                suites.add("TLS_" + exchange + "_WITH_" + cipher);
            }
        }
        return List.copyOf(suites);
    }

    /** The suites of TLS 1.2 and before that a list names, by their standard names in the list's order; none if it names none. */
    static List<String> listed(String list) {
        if (WORDS.contains(list.strip().toLowerCase(Locale.ROOT))) {
            return TLS_1_2;
        }
        List<String> chosen = new ArrayList<>();
        Set<String> banned = new HashSet<>();
        for (String item : list.strip().split("[\\s:,;]+")) {
            if (item.isEmpty() || item.startsWith("@")) {
                // @STRENGTH and @SECLEVEL: the order is by strength, and nothing weak is known.
                continue;
            }
            char operator = item.charAt(0);
            boolean plain = operator != '!' && operator != '-' && operator != '+';
            List<String> named = matching(plain ? item : item.substring(1));
            switch (operator) {
                case '!' -> {
                    banned.addAll(named);
                    chosen.removeAll(named);
                }
                case '-' -> chosen.removeAll(named);
                case '+' -> {
                    named.retainAll(chosen);
                    chosen.removeAll(named);
                    chosen.addAll(named);
                }
                default -> {
                    named.removeAll(chosen);
                    named.removeAll(banned);
                    chosen.addAll(named);
                }
            }
        }
        return chosen;
    }

    /** The suites of TLS 1.3 in a list of names; all if there is none. */
    static List<String> listed13(String list) {
        if (list.isBlank()) {
            return TLS_1_3;
        }
        List<String> chosen =
                new ArrayList<>(new LinkedHashSet<>(List.of(list.strip().split("[\\s:,;]+"))));
        chosen.retainAll(TLS_1_3);
        return chosen;
    }

    /** The suites that have all of the words between plus signs. */
    private static List<String> matching(String words) {
        List<String> found = new ArrayList<>();
        for (String suite : TLS_1_2) {
            Set<String> has = wordsOf(suite);
            boolean all = true;
            for (String word : words.split("\\+")) {
                all &= has.contains(word);
            }
            if (all) {
                found.add(suite);
            }
        }
        return found;
    }

    private static Set<String> wordsOf(String suite) {
        Set<String> words = new HashSet<>(Set.of("ALL", "DEFAULT", "HIGH", suite, openSslName(suite)));
        String exchange = suite.substring("TLS_".length(), suite.indexOf("_WITH_"));
        if (exchange.startsWith("ECDHE")) {
            words.addAll(Set.of("kECDHE", "kEECDH", "ECDHE", "EECDH"));
        } else if (exchange.startsWith("DHE")) {
            words.addAll(Set.of("kDHE", "kEDH", "DHE", "EDH"));
        } else {
            words.addAll(Set.of("kRSA", "RSA"));
        }
        words.addAll(exchange.endsWith("ECDSA") ? Set.of("aECDSA", "ECDSA") : Set.of("aRSA"));
        String cipher = suite.substring(suite.indexOf("_WITH_") + "_WITH_".length());
        if (cipher.startsWith("AES")) {
            words.addAll(Set.of("AES", cipher.startsWith("AES_256") ? "AES256" : "AES128"));
        } else {
            words.add("CHACHA20");
        }
        if (cipher.contains("CBC")) {
            String mac = cipher.substring(cipher.lastIndexOf('_') + 1);
            words.addAll(
                    mac.equals("SHA") ? Set.of("SHA", "SHA1", "TLSv1", "TLSv1.0", "SSLv3") : Set.of(mac, "TLSv1.2"));
        } else {
            words.addAll(cipher.startsWith("AES") ? Set.of("AESGCM", "AEAD", "TLSv1.2") : Set.of("AEAD", "TLSv1.2"));
        }
        return words;
    }

    /** OpenSSL's name for a suite: {@code ECDHE-RSA-AES256-GCM-SHA384}; the standard name for those of TLS 1.3. */
    static String openSslName(String suite) {
        int with = suite.indexOf("_WITH_");
        if (with < 0) {
            return suite;
        }
        String exchange = suite.substring("TLS_".length(), with);
        String cipher = suite.substring(with + "_WITH_".length())
                .replace("CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305")
                .replace("AES_", "AES")
                .replace("_CBC", "");
        return ((exchange.equals("RSA") ? "" : exchange + "_") + cipher).replace('_', '-');
    }
}
