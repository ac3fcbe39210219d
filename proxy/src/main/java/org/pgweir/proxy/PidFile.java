package org.pgweir.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file with the process's number, there for as long as the process runs. */
final class PidFile {
    private final Path path;

    private PidFile(Path path) {
        this.path = path;
    }

    /** @throws IOException if another process of that number is alive, or the file cannot be written */
    static PidFile write(String file) throws IOException {
        if (file.isEmpty()) {
            return new PidFile(null);
        }
        Path path = Path.of(file);
        if (Files.exists(path)) {
            long other = read(path);
            if (other != ProcessHandle.current().pid()
                    && ProcessHandle.of(other).isPresent()) {
                throw new IOException("pidfile " + path + " names process " + other
                        + ", which is running; stop it first, or choose another pidfile");
            }
        }
        Files.writeString(path, ProcessHandle.current().pid() + "\n");
        return new PidFile(path);
    }

    private static long read(Path path) throws IOException {
        try {
            return Long.parseLong(Files.readString(path).strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    void delete() throws IOException {
        if (path != null) {
            Files.deleteIfExists(path);
        }
    }
}
