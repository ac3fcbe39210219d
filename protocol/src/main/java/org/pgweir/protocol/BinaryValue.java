package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.BackendMessages.ColumnType;

/** Values in PostgreSQL's binary formats, each with its length in front. */
final class BinaryValue {
    /** NUMERIC's digits have this base. */
    private static final int NUMERIC_BASE = 10_000;

    /** A long has no more. */
    private static final int MOST_NUMERIC_DIGITS = 5;

    private static final int NUMERIC_POSITIVE = 0;
    private static final int NUMERIC_NEGATIVE = 0x4000;

    private BinaryValue() {}

    /** @param value a whole number for the types of numbers; null is SQL's NULL */
    static void write(ByteBuf out, ColumnType type, Object value) {
        if (value == null) {
            out.writeInt(-1);
            return;
        }
        switch (type) {
            case BOOL -> out.writeInt(1).writeByte((Boolean) value ? 1 : 0);
            case INT4 -> out.writeInt(4).writeInt(((Number) value).intValue());
            case INT8 -> out.writeInt(8).writeLong(((Number) value).longValue());
            case NUMERIC -> writeNumeric(out, ((Number) value).longValue());
            case TEXT, BYTEA -> BackendMessages.writeText(out, value);
        }
    }

    /** Count of digits, weight of the first, sign, digits behind the point (none), and the digits of base 10000 without trailing zeros. */
    private static void writeNumeric(ByteBuf out, long value) {
        int[] digits = new int[MOST_NUMERIC_DIGITS];
        int count = 0;
        for (long rest = value; rest != 0; rest /= NUMERIC_BASE) {
            digits[count] = (int) Math.abs(rest % NUMERIC_BASE);
            count++;
        }
        int trailingZeros = 0;
        while (trailingZeros < count && digits[trailingZeros] == 0) {
            trailingZeros++;
        }
        out.writeInt(8 + 2 * (count - trailingZeros));
        out.writeShort(count - trailingZeros);
        out.writeShort(Math.max(0, count - 1));
        out.writeShort(value < 0 ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE);
        out.writeShort(0);
        for (int i = count - 1; i >= trailingZeros; i--) {
            out.writeShort(digits[i]);
        }
    }
}
