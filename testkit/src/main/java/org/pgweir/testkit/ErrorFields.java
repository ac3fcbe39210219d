package org.pgweir.testkit;

import java.util.LinkedHashMap;
import java.util.Map;

/** The fields of an ErrorResponse or a NoticeResponse, by their one-letter code. */
public record ErrorFields(Map<Character, String> values) {

    static ErrorFields of(Message message) {
        Map<Character, String> values = new LinkedHashMap<>();
        int at = 0;
        while (at < message.body().length && message.body()[at] != 0) {
            char code = (char) message.body()[at];
            String value = message.cstring(at + 1);
            values.put(code, value);
            at = message.endOfCstring(at + 1);
        }
        return new ErrorFields(values);
    }

    /** ERROR, FATAL, PANIC, WARNING, NOTICE and so on, not localised. */
    public String severity() {
        return values.getOrDefault('V', get('S'));
    }

    public String sqlstate() {
        return get('C');
    }

    public String message() {
        return get('M');
    }

    public String detail() {
        return get('D');
    }

    public String hint() {
        return get('H');
    }

    /** The field with this code, or an empty string. */
    public String get(char code) {
        return values.getOrDefault(code, "");
    }

    @Override
    public String toString() {
        return severity() + " " + sqlstate() + ": " + message()
                + (detail().isEmpty() ? "" : " DETAIL: " + detail())
                + (hint().isEmpty() ? "" : " HINT: " + hint());
    }
}
