package org.pgweir.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The kinds of values that settings have. */
final class SettingTypes {

    private SettingTypes() {}

    /** Any text, kept as it is. */
    static SettingType<String> text() {
        return new Text();
    }

    /** {@code 0/1}, {@code true/false}, {@code on/off}, {@code yes/no}. */
    static SettingType<Boolean> flag() {
        return new Flag();
    }

    /** A whole number with bounds, both included. */
    static SettingType<Integer> integer(int minimum, int maximum) {
        return new IntegerRange(minimum, maximum);
    }

    /** A whole number from 0 up. */
    static SettingType<Integer> count() {
        return new IntegerRange(0, Integer.MAX_VALUE);
    }

    /** A length of time, seconds unless a unit follows. */
    static SettingType<Duration> duration() {
        return new DurationText(Duration.ZERO);
    }

    /** As {@link #duration()}, with a lower bound. */
    static SettingType<Duration> durationFrom(Duration minimum) {
        return new DurationText(minimum);
    }

    /** Names or addresses between commas. */
    static SettingType<List<String>> commaList() {
        return new CommaList();
    }

    /** See {@link SessionFeatures#parse}. */
    static SettingType<SessionFeatures> sessionFeatures() {
        return new SessionFeaturesText();
    }

    /** Versions of TLS, or a word for several. */
    static SettingType<Set<TlsProtocol>> tlsProtocols() {
        return new TlsProtocols();
    }

    /** See {@link LdapOptions}. */
    static SettingType<LdapOptions> ldapOptions() {
        return new LdapText();
    }

    /** {@code address:port}, or nothing. */
    static SettingType<String> optionalAddress() {
        return new OptionalAddress();
    }

    /** The permission bits of a file. */
    static SettingType<Integer> octalMode() {
        return new OctalMode();
    }

    /** One of the constants of an enum, by its {@code toString()}, in any case of letters. */
    static <E extends Enum<E>> SettingType<E> oneOf(Class<E> type) {
        return new OneOf<>(type, EnumSet.allOf(type), "");
    }

    /** As {@link #oneOf(Class)}, but the constants that are not usable yet are refused, for the reason given. */
    static <E extends Enum<E>> SettingType<E> onlyNow(Class<E> type, String reason, Set<E> usable) {
        return new OneOf<>(type, usable, reason);
    }

    /** The name of a database, but not the console's. */
    static SettingType<String> databaseOfServers() {
        return new DatabaseOfServers();
    }

    private record DatabaseOfServers() implements SettingType<String> {
        @Override
        public String parse(String text) throws BadValue {
            if (text.equals(DatabaseConfig.CONSOLE)) {
                throw BadValue.expected(allowed());
            }
            return text;
        }

        @Override
        public String shown(String value) {
            return value;
        }

        @Override
        public String allowed() {
            return "a database of PostgreSQL, not the console";
        }
    }

    private record Text() implements SettingType<String> {
        @Override
        public String parse(String text) {
            return text;
        }

        @Override
        public String shown(String value) {
            return value;
        }

        @Override
        public String allowed() {
            return "a text";
        }
    }

    private record SessionFeaturesText() implements SettingType<SessionFeatures> {
        @Override
        public SessionFeatures parse(String text) throws BadValue {
            try {
                return SessionFeatures.parse(text);
            } catch (IllegalArgumentException e) {
                throw BadValue.expected(allowed());
            }
        }

        @Override
        public String shown(SessionFeatures value) {
            return value.toString();
        }

        @Override
        public String allowed() {
            return "track, pin, reject or ignore, alone or by feature as in listen=pin; features: prepared_statements, settings, "
                    + "listen, temporary_tables, advisory_locks, hold_cursors, load, code, functions";
        }
    }

    /** Separators, words and the exclamation mark as in libtls, whose language PgBouncer uses. */
    private record TlsProtocols() implements SettingType<Set<TlsProtocol>> {
        @Override
        public Set<TlsProtocol> parse(String text) throws BadValue {
            Set<TlsProtocol> protocols = EnumSet.noneOf(TlsProtocol.class);
            for (String item : text.toLowerCase(Locale.ROOT).split("[\\s,:]+")) {
                if (item.startsWith("!")) {
                    if (protocols.isEmpty()) {
                        protocols.addAll(EnumSet.allOf(TlsProtocol.class));
                    }
                    protocols.removeAll(of(item.substring(1)));
                } else {
                    protocols.addAll(of(item));
                }
            }
            if (protocols.isEmpty()) {
                throw BadValue.expected(allowed());
            }
            return Collections.unmodifiableSet(protocols);
        }

        private Set<TlsProtocol> of(String word) throws BadValue {
            return switch (word) {
                case "secure", "default" -> TlsProtocol.SECURE;
                case "all", "legacy", "tlsv1" -> EnumSet.allOf(TlsProtocol.class);
                case "tlsv1.0" -> EnumSet.of(TlsProtocol.TLS_1_0);
                case "tlsv1.1" -> EnumSet.of(TlsProtocol.TLS_1_1);
                case "tlsv1.2" -> EnumSet.of(TlsProtocol.TLS_1_2);
                case "tlsv1.3" -> EnumSet.of(TlsProtocol.TLS_1_3);
                default -> throw BadValue.expected(allowed());
            };
        }

        @Override
        public String shown(Set<TlsProtocol> value) {
            if (value.equals(TlsProtocol.SECURE)) {
                return "secure";
            }
            if (value.size() == TlsProtocol.values().length) {
                return "all";
            }
            return value.stream().map(TlsProtocol::toString).collect(Collectors.joining(","));
        }

        @Override
        public String allowed() {
            return "secure, all, or a list of tlsv1.0, tlsv1.1, tlsv1.2 and tlsv1.3";
        }
    }

    /** Shown without the password. */
    private record LdapText() implements SettingType<LdapOptions> {
        @Override
        public LdapOptions parse(String text) throws BadValue {
            return LdapOptions.parse(text);
        }

        @Override
        public String shown(LdapOptions value) {
            return value.toString();
        }

        @Override
        public String allowed() {
            return "options such as those of the method ldap in pg_hba.conf";
        }
    }

    private record OptionalAddress() implements SettingType<String> {
        private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9a-fA-F:]+]|[^:\\s]+):(\\d{1,5})");

        @Override
        public String parse(String text) throws BadValue {
            Matcher address = ADDRESS.matcher(text);
            if (!text.isEmpty() && !(address.matches() && Integer.parseInt(address.group(2)) <= 65_535)) {
                throw BadValue.expected(allowed());
            }
            return text;
        }

        @Override
        public String shown(String value) {
            return value;
        }

        @Override
        public String allowed() {
            return "address:port such as 127.0.0.1:9127, or nothing";
        }
    }

    private record Flag() implements SettingType<Boolean> {
        @Override
        public Boolean parse(String text) throws BadValue {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "1", "true", "on", "yes" -> true;
                case "0", "false", "off", "no" -> false;
                default -> throw BadValue.expected(allowed());
            };
        }

        @Override
        public String shown(Boolean value) {
            return value ? "1" : "0";
        }

        @Override
        public String allowed() {
            return "0 or 1 (also off/on, false/true, no/yes)";
        }
    }

    private record IntegerRange(int minimum, int maximum) implements SettingType<Integer> {
        @Override
        public Integer parse(String text) throws BadValue {
            int value;
            try {
                value = Integer.parseInt(text);
            } catch (NumberFormatException notWhole) {
                throw BadValue.expected(allowed());
            }
            if (value < minimum || value > maximum) {
                throw BadValue.expected(allowed());
            }
            return value;
        }

        @Override
        public String shown(Integer value) {
            return value.toString();
        }

        @Override
        public String allowed() {
            return "a whole number from " + minimum + " to " + maximum;
        }
    }

    private record CommaList() implements SettingType<List<String>> {
        @Override
        public List<String> parse(String text) {
            List<String> items = new ArrayList<>();
            for (String item : text.split(",")) {
                if (!item.isBlank()) {
                    items.add(item.strip());
                }
            }
            return List.copyOf(items);
        }

        @Override
        public String shown(List<String> value) {
            return String.join(",", value);
        }

        @Override
        public String allowed() {
            return "a list with commas between its items";
        }

        @Override
        public boolean isList() {
            return true;
        }
    }

    private record OctalMode() implements SettingType<Integer> {
        @Override
        public Integer parse(String text) throws BadValue {
            if (!text.matches("0*[0-7]{1,4}")) {
                throw BadValue.expected(allowed());
            }
            return Integer.parseInt(text, 8);
        }

        @Override
        public String shown(Integer value) {
            return String.format(Locale.ROOT, "0%03o", value);
        }

        @Override
        public String allowed() {
            return "octal permission bits such as 0777";
        }
    }

    private record OneOf<E extends Enum<E>>(Class<E> type, Set<E> usable, String reason) implements SettingType<E> {
        @Override
        public E parse(String text) throws BadValue {
            for (E constant : type.getEnumConstants()) {
                if (constant.toString().equalsIgnoreCase(text)) {
                    if (!usable.contains(constant)) {
                        throw new BadValue(reason + "; allowed so far: " + spellings(), allowed());
                    }
                    return constant;
                }
            }
            throw BadValue.expected(allowed());
        }

        @Override
        public String shown(E value) {
            return value.toString();
        }

        @Override
        public String allowed() {
            return "one of " + spellings();
        }

        private String spellings() {
            return usable.stream().map(Enum::toString).collect(Collectors.joining(", "));
        }
    }
}
