package org.pgweir.protocol;

/** A set of message type bytes; types are 7-bit ASCII. Immutable. */
public final class FrameTypes {
    private final long low;
    private final long high;

    private FrameTypes(long low, long high) {
        this.low = low;
        this.high = high;
    }

    public static FrameTypes of(byte... types) {
        return new FrameTypes(0, 0).and(types);
    }

    /** These and those. */
    public FrameTypes and(byte... types) {
        long low = this.low;
        long high = this.high;
        for (byte type : types) {
            if (type < 64) {
                low |= 1L << type;
            } else {
                high |= 1L << type;
            }
        }
        return new FrameTypes(low, high);
    }

    public boolean contains(byte type) {
        // A shift count is taken modulo 64; negative bytes are no type at all.
        return type >= 0 && ((type < 64 ? low : high) >>> type & 1) != 0;
    }
}
