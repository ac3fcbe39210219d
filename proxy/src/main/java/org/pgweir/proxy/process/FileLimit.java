package org.pgweir.proxy.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many files and sockets the kernel lets this process open. */
public record FileLimit(String soft, String hard) {
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String NAME = "Max open files";

    /** What /proc tells; question marks where there is none. */
    public static FileLimit now() {
        try {
            for (String line : Files.readAllLines(LIMITS)) {
                if (line.startsWith(NAME)) {
                    String[] numbers = line.substring(NAME.length()).strip().split("\\s+");
                    return new FileLimit(numbers[0], numbers[1]);
                }
            }
        } catch (IOException e) {
            // No Linux, or no /proc.
        }
        return new FileLimit("?", "?");
    }
}
