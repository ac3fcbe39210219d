package org.pgweir.proxy.session;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The two settings of a session that decide how the bytes of its SQL are to be read.
 *
 * @param standardConformingStrings whether a backslash in a plain string is a backslash
 * @param encodingName Java's name of the encoding; PostgreSQL's, in small letters and digits, where Java does not know it
 * @param encoding where the characters end
 * @param charset for names beyond ASCII; ISO 8859-1, which loses nothing, where Java does not know the encoding
 */
public record SqlDialect(boolean standardConformingStrings, String encodingName, Encoding encoding, Charset charset) {
    /** What PostgreSQL starts with: UTF-8, and standard conforming strings. */
    public static final SqlDialect DEFAULT =
            new SqlDialect(true, StandardCharsets.UTF_8.name(), Encoding.ASCII_SAFE, StandardCharsets.UTF_8);

    /** PostgreSQL's names without what it ignores in them, with Java's. */
    private static final Map<String, String> CHARSETS = Map.ofEntries(
            Map.entry("utf8", "UTF-8"),
            Map.entry("unicode", "UTF-8"),
            Map.entry("latin1", "ISO-8859-1"),
            Map.entry("latin2", "ISO-8859-2"),
            Map.entry("latin3", "ISO-8859-3"),
            Map.entry("latin4", "ISO-8859-4"),
            Map.entry("latin5", "ISO-8859-9"),
            Map.entry("latin7", "ISO-8859-13"),
            Map.entry("latin9", "ISO-8859-15"),
            Map.entry("latin10", "ISO-8859-16"),
            Map.entry("iso88595", "ISO-8859-5"),
            Map.entry("iso88596", "ISO-8859-6"),
            Map.entry("iso88597", "ISO-8859-7"),
            Map.entry("iso88598", "ISO-8859-8"),
            Map.entry("koi8r", "KOI8-R"),
            Map.entry("koi8u", "KOI8-U"),
            Map.entry("win866", "IBM866"),
            Map.entry("win874", "x-windows-874"),
            Map.entry("euccn", "GB2312"),
            Map.entry("eucjp", "EUC-JP"),
            Map.entry("euckr", "EUC-KR"),
            Map.entry("euctw", "x-EUC-TW"),
            Map.entry("big5", "Big5"),
            Map.entry("gbk", "GBK"),
            Map.entry("gb18030", "GB18030"),
            Map.entry("uhc", "x-windows-949"),
            Map.entry("sjis", "windows-31j"),
            Map.entry("shiftjis2004", "x-SJIS_0213"));

    /** The encodings of the documentation, "Character Set Support". */
    private static final Set<String> NAMES = Set.of(
            ("BIG5 EUC_CN EUC_JP EUC_JIS_2004 EUC_KR EUC_TW GB18030 GBK ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 JOHAB KOI8R"
                            + " KOI8U LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 MULE_INTERNAL SJIS"
                            + " SHIFT_JIS_2004 SQL_ASCII UHC UTF8 WIN866 WIN874 WIN1250 WIN1251 WIN1252 WIN1253 WIN1254 WIN1255"
                            + " WIN1256 WIN1257 WIN1258")
                    .split(" "));

    /**
     * @param clientEncoding the value of client_encoding as the server reports it
     */
    public static SqlDialect of(String clientEncoding, boolean standardConformingStrings) {
        if (standardConformingStrings && clientEncoding.equals("UTF8")) {
            return DEFAULT;
        }
        String name = clientEncoding.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
        Charset known = charset(name);
        SqlDialect dialect = new SqlDialect(
                standardConformingStrings,
                known == null ? name : known.name(),
                Encoding.of(name),
                known == null ? StandardCharsets.ISO_8859_1 : known);
        return dialect.equals(DEFAULT) ? DEFAULT : dialect;
    }

    /**
     * Whether PostgreSQL calls an encoding just so: one that {@link #of} does not take for another. What else is accepted of clients has
     * many names, and the server says which encoding it is.
     *
     * @param clientEncoding may be null
     */
    public static boolean isName(String clientEncoding) {
        return clientEncoding != null && NAMES.contains(clientEncoding);
    }

    /** Null where Java does not know it. */
    private static Charset charset(String name) {
        String javaName = name.matches("win125[0-8]") ? "windows-" + name.substring(3) : CHARSETS.get(name);
        return javaName != null && Charset.isSupported(javaName) ? Charset.forName(javaName) : null;
    }

    /** Whether a text, which ends with a zero byte or the array, means the same in both. */
    boolean readsAs(SqlDialect other, byte[] bytes, int start) {
        if (equals(other)) {
            return true;
        }
        boolean sameEncoding = encodingName.equals(other.encodingName);
        boolean sameStrings = standardConformingStrings == other.standardConformingStrings;
        for (int i = start; i < bytes.length && bytes[i] != 0; i++) {
            if (bytes[i] < 0 && !sameEncoding || bytes[i] == '\\' && !sameStrings) {
                return false;
            }
        }
        return true;
    }

    /**
     * How many bytes a character has, as far as that matters: in some encodings the second byte of a character may look like a
     * letter or a backslash. PostgreSQL takes none of them for a server, so its own scanner never sees them.
     */
    public enum Encoding {
        /** Every byte of ASCII is a character of ASCII. True for JOHAB too, of which PostgreSQL accepts only such characters. */
        ASCII_SAFE,
        /** A byte with the high bit begins a character of two bytes: BIG5, GBK, UHC, and GB18030, where four are twice two. */
        DOUBLE_BYTE,
        /** The same, but A1 to DF stand alone: SJIS, SHIFT_JIS_2004. */
        SHIFT_JIS;

        private static Encoding of(String name) {
            return switch (name) {
                case "big5", "gbk", "uhc", "gb18030" -> DOUBLE_BYTE;
                case "sjis", "shiftjis2004" -> SHIFT_JIS;
                default -> ASCII_SAFE;
            };
        }

        /** Whether this byte, the first of a character, has a second one to be skipped. */
        boolean isLead(byte b) {
            return switch (this) {
                case ASCII_SAFE -> false;
                case DOUBLE_BYTE -> b < 0;
                case SHIFT_JIS -> b < 0 && ((b & 0xff) < 0xa1 || (b & 0xff) > 0xdf);
            };
        }
    }
}
