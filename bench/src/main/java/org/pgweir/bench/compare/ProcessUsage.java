package org.pgweir.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process has used since it was started, all its threads together, as proc(5) tells it.
 *
 * @param userMicros in user mode; counted in hundredths of a second
 * @param systemMicros in the kernel; likewise
 */
record ProcessUsage(long userMicros, long systemMicros) {
    /** Linux shows its clock ticks to programs as hundredths of a second, whatever it counts in itself. */
    private static final long TICK_MICROS = 10_000;

    // Fields 14 and 15 of stat, counted from the third: the second may hold anything, but ends with the last
    // parenthesis.
    private static final int UTIME = 11;
    private static final int STIME = 12;

    private static final Pattern RESIDENT = Pattern.compile("^VmRSS:\\s+(\\d+) kB$", Pattern.MULTILINE);

    static ProcessUsage of(long pid) throws IOException {
        return parseStat(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
    }

    static ProcessUsage parseStat(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new ProcessUsage(
                Long.parseLong(fields[UTIME]) * TICK_MICROS, Long.parseLong(fields[STIME]) * TICK_MICROS);
    }

    ProcessUsage since(ProcessUsage before) {
        return new ProcessUsage(userMicros - before.userMicros, systemMicros - before.systemMicros);
    }

    long totalMicros() {
        return userMicros + systemMicros;
    }

    /** The memory that the process has resident now. */
    static long residentBytes(long pid) throws IOException {
        return parseResident(Files.readString(Path.of("/proc", Long.toString(pid), "status")));
    }

    static long parseResident(String status) {
        Matcher line = RESIDENT.matcher(status);
        if (!line.find()) {
            throw new IllegalArgumentException("no VmRSS: the process has ended");
        }
        return Long.parseLong(line.group(1)) * 1024;
    }
}
