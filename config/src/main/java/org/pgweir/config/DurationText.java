package org.pgweir.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lengths of time as PgBouncer writes them, a decimal number of seconds, or with one of the units that HOCON knows. The
 * largest value is what fits into nanoseconds in a {@code long}, so that a sum with a clock cannot be misread.
 */
record DurationText(Duration minimum) implements SettingType<Duration> {

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{0,18})?)\\s*([a-zA-Z]*)");
    private static final BigDecimal MOST_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);
    private static final Map<String, Long> NANOS_OF_UNIT = Map.ofEntries(
            Map.entry("ns", 1L),
            Map.entry("nanosecond", 1L),
            Map.entry("us", 1_000L),
            Map.entry("microsecond", 1_000L),
            Map.entry("ms", 1_000_000L),
            Map.entry("millisecond", 1_000_000L),
            Map.entry("", 1_000_000_000L),
            Map.entry("s", 1_000_000_000L),
            Map.entry("sec", 1_000_000_000L),
            Map.entry("second", 1_000_000_000L),
            Map.entry("m", 60_000_000_000L),
            Map.entry("min", 60_000_000_000L),
            Map.entry("minute", 60_000_000_000L),
            Map.entry("h", 3_600_000_000_000L),
            Map.entry("hour", 3_600_000_000_000L),
            Map.entry("d", 86_400_000_000_000L),
            Map.entry("day", 86_400_000_000_000L));

    @Override
    public Duration parse(String text) throws BadValue {
        Matcher parts = NUMBER_AND_UNIT.matcher(text);
        if (!parts.matches()) {
            throw BadValue.expected(allowed());
        }
        Long nanosOfUnit = NANOS_OF_UNIT.get(singular(parts.group(2)));
        if (nanosOfUnit == null) {
            throw BadValue.expected(allowed());
        }
        BigDecimal nanos = new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(nanosOfUnit));
        if (nanos.compareTo(MOST_NANOS) > 0) {
            throw BadValue.expected(allowed());
        }
        Duration duration = Duration.ofNanos(nanos.longValue());
        if (duration.compareTo(minimum) < 0) {
            throw BadValue.expected(allowed());
        }
        return duration;
    }

    private static String singular(String unit) {
        String lower = unit.toLowerCase(Locale.ROOT);
        boolean plural = lower.length() > 3 && lower.endsWith("s");
        return plural ? lower.substring(0, lower.length() - 1) : lower;
    }

    @Override
    public String shown(Duration value) {
        BigDecimal seconds = BigDecimal.valueOf(value.toNanos()).movePointLeft(9);
        return seconds.signum() == 0
                ? "0"
                : seconds.setScale(9, RoundingMode.UNNECESSARY)
                        .stripTrailingZeros()
                        .toPlainString();
    }

    @Override
    public String allowed() {
        String least = minimum.isZero() ? "0" : shown(minimum);
        return "seconds, or a number with a unit such as 500ms, 2 min or 1h, from " + least + " to 9223372036 s";
    }
}
