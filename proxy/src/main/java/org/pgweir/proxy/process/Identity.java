package org.pgweir.proxy.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** As whom this process runs. A JVM cannot change that: the launcher does, before it starts one. */
public final class Identity {
    private static final Path STATUS = Path.of("/proc/self/status");

    private Identity() {}

    /** Whether the effective user is root; false where nobody can tell. */
    public static boolean isRoot() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("Uid:"))
                    .anyMatch(line -> line.split("\\s+")[2].equals("0"));
        } catch (IOException e) {
            return false;
        }
    }

    /** The user's name as the system has it. */
    public static String userName() {
        return System.getProperty("user.name", "");
    }
}
