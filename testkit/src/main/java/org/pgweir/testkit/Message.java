package org.pgweir.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One message as it came over the wire.
 *
 * @param type the type byte
 * @param body what follows the length, not copied
 */
public record Message(char type, byte[] body) {

    /** The whole message again: type, length, body. */
    public byte[] frame() {
        return Frames.message(type, body);
    }

    /** The fields of an ErrorResponse or NoticeResponse. */
    public ErrorFields asError() {
        require("EN");
        return ErrorFields.of(this);
    }

    /** The values of a DataRow as text; NULL is null. */
    public List<String> row() {
        require("D");
        ByteBuffer in = ByteBuffer.wrap(body);
        int columns = in.getShort() & 0xffff;
        List<String> row = new ArrayList<>(columns);
        for (int i = 0; i < columns; i++) {
            int length = in.getInt();
            if (length < 0) {
                row.add(null);
            } else {
                row.add(new String(body, in.position(), length, StandardCharsets.UTF_8));
                in.position(in.position() + length);
            }
        }
        return Collections.unmodifiableList(row);
    }

    /** The column names of a RowDescription. */
    public List<String> columns() {
        require("T");
        int columns = int16(0);
        List<String> names = new ArrayList<>(columns);
        int at = 2;
        for (int i = 0; i < columns; i++) {
            names.add(cstring(at));
            // table oid, column, type oid, type size, type modifier, format
            at = endOfCstring(at) + 18;
        }
        return List.copyOf(names);
    }

    /** The tag of a CommandComplete, for example {@code SELECT 1}. */
    public String commandTag() {
        require("C");
        return cstring(0);
    }

    /** The transaction status of a ReadyForQuery: I, T or E. */
    public char rfqStatus() {
        require("Z");
        return (char) body[0];
    }

    public int int16(int at) {
        return ByteBuffer.wrap(body).getShort(at) & 0xffff;
    }

    public int int32(int at) {
        return ByteBuffer.wrap(body).getInt(at);
    }

    /** The zero-terminated string that starts at this offset of the body. */
    public String cstring(int at) {
        return new String(body, at, endOfCstring(at) - 1 - at, StandardCharsets.UTF_8);
    }

    /** The offset behind the terminating zero of the string that starts at this offset. */
    public int endOfCstring(int at) {
        int end = at;
        while (body[end] != 0) {
            end++;
        }
        return end + 1;
    }

    /** The body as text, for CopyData and the like. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    private void require(String types) {
        if (types.indexOf(type) < 0) {
            throw new AssertionError(
                    "expected a message of type " + String.join(" or ", types.split("")) + ", got " + this);
        }
    }

    @Override
    public String toString() {
        switch (type) {
            case 'E':
            case 'N':
                return type + "(" + ErrorFields.of(this) + ")";
            case 'C':
            case 'S':
            case 'Z':
            case 'D':
                return type + "(" + printable(80) + ")";
            default:
                return type + "(" + body.length + " bytes)";
        }
    }

    private String printable(int limit) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(body.length, limit); i++) {
            text.append(body[i] >= ' ' && body[i] < 0x7f ? (char) body[i] : '.');
        }
        return text.append(body.length > limit ? "..." : "").toString();
    }
}
