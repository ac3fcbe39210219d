package org.pgweir.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a directory is and how users are found in it: PostgreSQL's options of the method ldap. Immutable; the text form hides the
 * password.
 *
 * @param servers to be tried in this order
 * @param scheme encryption from the first byte, after STARTTLS, or none
 * @param caFile the authorities that may vouch for the servers; null for those of the Java runtime
 * @param prefix what stands before the user's name in the name to bind with, {@code suffix} what stands behind; both null where
 *     the directory is searched for the user
 * @param baseDn where the search begins; null where there is none
 * @param bindDn who searches; empty for nobody in particular
 * @param searchAttribute what the user's name must be equal to
 * @param searchFilter instead of that, a filter with {@code $username} for the name; null for none
 */
public record LdapOptions(
        List<HostAddress> servers,
        Scheme scheme,
        String caFile,
        String prefix,
        String suffix,
        String baseDn,
        String bindDn,
        String bindPassword,
        Scope scope,
        String searchAttribute,
        String searchFilter) {

    /** How far a connection is encrypted. */
    public enum Scheme {
        /** Not at all. */
        PLAIN,
        /** Once both sides have agreed on it. */
        STARTTLS,
        /** From the beginning. */
        LDAPS
    }

    /** How deep a search goes. */
    public enum Scope {
        /** The base itself. */
        BASE,
        /** What is directly below it. */
        ONE,
        /** All below it. */
        SUB
    }

    /** Stands for the user's name in a search filter. */
    public static final String USER_NAME = "$username";

    static final LdapOptions NONE =
            new LdapOptions(List.of(), Scheme.PLAIN, null, null, null, null, "", "", Scope.SUB, "uid", null);

    private static final Set<String> NAMES = Set.of(
            "ldapserver",
            "ldapport",
            "ldapscheme",
            "ldaptls",
            "ldapcafile",
            "ldapprefix",
            "ldapsuffix",
            "ldapbasedn",
            "ldapbinddn",
            "ldapbindpasswd",
            "ldapsearchattribute",
            "ldapsearchfilter",
            "ldapurl");
    private static final int PORT = 389;
    private static final int LDAPS_PORT = 636;
    private static final Pattern URL =
            Pattern.compile("(?<scheme>ldaps?)://(?<host>[^/?]*)(/(?<base>[^?]*)(\\?(?<attributes>[^?]*)"
                    + "(\\?(?<scope>[^?]*)(\\?(?<filter>[^?]*))?)?)?)?");

    static boolean isName(String option) {
        return NAMES.contains(option);
    }

    /** The options of {@code auth_ldap_options}, as they would stand behind the method of a rule. */
    static LdapOptions parse(String text) throws BadValue {
        if (text.isBlank()) {
            return NONE;
        }
        Map<String, String> options = new LinkedHashMap<>();
        for (HbaWord word : HbaText.words(text)) {
            int equals = word.text().indexOf('=');
            String name = equals < 0 ? "" : word.text().substring(0, equals);
            if (!isName(name)) {
                throw BadValue.confidential(
                        "expected options of LDAP between blanks, such as ldapserver=host ldapbasedn=\"dc=..., dc=...\"");
            }
            options.put(name, word.text().substring(equals + 1));
        }
        return of(options);
    }

    static LdapOptions of(Map<String, String> options) throws BadValue {
        Map<String, String> all = new LinkedHashMap<>(options);
        if (all.containsKey("ldapurl")) {
            all.putAll(ofUrl(all.remove("ldapurl"), options));
        }
        boolean ldaps = choice(all, "ldapscheme", "ldap", "ldaps").equals("ldaps");
        boolean startTls = choice(all, "ldaptls", "0", "1").equals("1");
        if (ldaps && startTls) {
            throw BadValue.confidential("ldapscheme=ldaps encrypts from the beginning; leave out ldaptls=1");
        }
        LdapOptions made = new LdapOptions(
                servers(all, ldaps),
                ldaps ? Scheme.LDAPS : startTls ? Scheme.STARTTLS : Scheme.PLAIN,
                caFile(all.get("ldapcafile"), ldaps || startTls),
                all.get("ldapprefix"),
                all.get("ldapsuffix"),
                all.get("ldapbasedn"),
                all.getOrDefault("ldapbinddn", ""),
                all.getOrDefault("ldapbindpasswd", ""),
                scope(all.getOrDefault("ldapscope", "sub")),
                all.getOrDefault("ldapsearchattribute", "uid"),
                all.get("ldapsearchfilter"));
        made.check(all);
        return made;
    }

    private void check(Map<String, String> all) throws BadValue {
        boolean searchOption =
                all.keySet().stream().anyMatch(name -> name.startsWith("ldapsearch") || name.startsWith("ldapbind"));
        boolean simple = prefix != null || suffix != null;
        if (simple && (baseDn != null || searchOption)) {
            throw BadValue.confidential(
                    "ldapprefix and ldapsuffix make the name to bind with; then there is no search, and no "
                            + "ldapbasedn, ldapbinddn, ldapbindpasswd, ldapsearchattribute, ldapsearchfilter or base in ldapurl");
        }
        if (!simple && baseDn == null) {
            throw BadValue.confidential("ldapbasedn is needed, or ldapprefix or ldapsuffix");
        }
        if (all.containsKey("ldapsearchattribute") && searchFilter != null) {
            throw BadValue.confidential("ldapsearchattribute and ldapsearchfilter exclude each other");
        }
        if (searchFilter != null && !searchFilter.contains(USER_NAME)) {
            throw BadValue.confidential("ldapsearchfilter must have " + USER_NAME + " in the place of the user's name");
        }
        if (searchFilter != null && !isFilter(searchFilter)) {
            throw BadValue.confidential("ldapsearchfilter must stand in parentheses, each of which is closed");
        }
        if (!searchAttribute.matches("[A-Za-z0-9.;-]+")) {
            throw BadValue.confidential("ldapsearchattribute must be the name of an attribute");
        }
    }

    private static boolean isFilter(String text) {
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            depth += text.charAt(i) == '(' ? 1 : text.charAt(i) == ')' ? -1 : 0;
            if (depth < 1 && i < text.length() - 1) {
                return false;
            }
        }
        return depth == 0;
    }

    /** {@code ldap[s]://host[:port]/basedn[?attribute[?scope[?filter]]]} (RFC 4516). */
    private static Map<String, String> ofUrl(String text, Map<String, String> others) throws BadValue {
        Matcher url = URL.matcher(text);
        if (!url.matches()) {
            throw BadValue.confidential("expected ldapurl as ldap://host:port/basedn?attribute?scope?filter");
        }
        Map<String, String> found = new LinkedHashMap<>();
        found.put("ldapscheme", url.group("scheme"));
        found.put("ldapserver", url.group("host"));
        putDecoded(found, "ldapbasedn", url.group("base"));
        putDecoded(found, "ldapsearchattribute", url.group("attributes"));
        putDecoded(found, "ldapscope", url.group("scope"));
        putDecoded(found, "ldapsearchfilter", url.group("filter"));
        for (String name : found.keySet()) {
            if (others.containsKey(name) && !name.equals("ldapserver")) {
                throw BadValue.confidential(name + " says again what ldapurl says");
            }
        }
        if (found.get("ldapserver").isEmpty()) {
            found.put("ldapserver", others.getOrDefault("ldapserver", ""));
        }
        return found;
    }

    private static void putDecoded(Map<String, String> found, String name, String value) throws BadValue {
        if (value != null && !value.isEmpty()) {
            try {
                found.put(name, URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                throw BadValue.confidential("in ldapurl a percent sign is followed by two hexadecimal digits");
            }
        }
    }

    private static List<HostAddress> servers(Map<String, String> all, boolean ldaps) throws BadValue {
        int port = port(all.getOrDefault("ldapport", ldaps ? "" + LDAPS_PORT : "" + PORT));
        List<HostAddress> servers = new ArrayList<>();
        for (String server : all.getOrDefault("ldapserver", "").strip().split("\\s+")) {
            Matcher parts = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[^:\\[\\]]+)(:(\\d+))?")
                    .matcher(server);
            if (!parts.matches()) {
                throw BadValue.confidential(
                        "expected ldapserver as one host or several with blanks between them, each with or without :port");
            }
            String host = parts.group(1).replaceAll("[\\[\\]]", "");
            servers.add(new HostAddress(host, parts.group(3) == null ? port : port(parts.group(3))));
        }
        return List.copyOf(servers);
    }

    private static int port(String text) throws BadValue {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > 65535) {
            throw BadValue.confidential("expected a port from 1 to 65535 as ldapport");
        }
        return Integer.parseInt(text);
    }

    private static String choice(Map<String, String> all, String name, String usual, String other) throws BadValue {
        String value = all.getOrDefault(name, usual);
        if (!value.equals(usual) && !value.equals(other)) {
            throw BadValue.confidential("expected " + name + "=" + usual + " or " + name + "=" + other);
        }
        return value;
    }

    private static Scope scope(String text) throws BadValue {
        for (Scope each : Scope.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(text)) {
                return each;
            }
        }
        throw BadValue.confidential("expected the scope base, one or sub in ldapurl");
    }

    private static String caFile(String name, boolean tls) throws BadValue {
        if (name == null) {
            return null;
        }
        if (!tls) {
            throw BadValue.confidential("ldapcafile is for ldaptls=1 and ldapscheme=ldaps");
        }
        try {
            if (Files.isReadable(Path.of(name))) {
                return name;
            }
        } catch (InvalidPathException e) {
            // No file either.
        }
        throw BadValue.confidential("cannot read the ldapcafile " + ConfigurationException.quoted(name));
    }

    /** Whether the directory is searched for the user. */
    public boolean searches() {
        return baseDn != null;
    }

    boolean isNone() {
        return servers.isEmpty();
    }

    @Override
    public String toString() {
        if (isNone()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        add(
                text,
                "ldapserver",
                String.join(" ", servers.stream().map(HostAddress::toString).toList()));
        add(text, "ldapscheme", scheme == Scheme.LDAPS ? "ldaps" : null);
        add(text, "ldaptls", scheme == Scheme.STARTTLS ? "1" : null);
        add(text, "ldapcafile", caFile);
        add(text, "ldapprefix", prefix);
        add(text, "ldapsuffix", suffix);
        add(text, "ldapbasedn", baseDn);
        add(text, "ldapbinddn", bindDn.isEmpty() ? null : bindDn);
        add(text, "ldapbindpasswd", bindPassword.isEmpty() ? null : "***");
        add(text, "ldapsearchattribute", searches() && searchFilter == null ? searchAttribute : null);
        add(text, "ldapsearchfilter", searchFilter);
        return text.toString();
    }

    private static void add(StringBuilder text, String name, String value) {
        if (value != null) {
            text.append(text.length() == 0 ? "" : " ")
                    .append(name)
                    .append("=\"")
                    .append(value.replace("\"", "\"\""))
                    .append('"');
        }
    }
}
