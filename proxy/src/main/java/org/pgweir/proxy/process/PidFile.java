package org.pgweir.proxy.process;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file with the process's number, there for as long as the process runs. */
public final class PidFile {
    private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);

    private final Path path;

    private PidFile(Path path) {
        this.path = path;
    }

    /**
     * Writes it. One that a dead process has left is replaced.
     *
     * @param file empty for none
     * @throws IOException if the process that it names is alive, or the file cannot be written
     */
    public static PidFile write(String file) throws IOException {
        if (file.isEmpty()) {
            return new PidFile(null);
        }
        Path path = Path.of(file);
        if (Files.exists(path)) {
            long other = read(path);
            if (other < 0) {
                // Who may have overwritten another file by mistake, must not lose it.
                throw new IOException("pidfile exists, another instance running? " + path
                        + " has no number of a process; remove it, or choose another pidfile");
            }
            if (other != ProcessHandle.current().pid()
                    && ProcessHandle.of(other).isPresent()) {
                throw new IOException("pidfile exists, another instance running? " + path + " names process " + other
                        + "; stop that first, or choose another pidfile");
            }
            LOG.info("stale pidfile, removing");
            Files.delete(path);
        }
        try {
            Files.writeString(path, ProcessHandle.current().pid() + "\n");
        } catch (NoSuchFileException e) {
            throw new IOException("could not open pidfile '" + path + "': there is no such folder", e);
        } catch (AccessDeniedException e) {
            throw new IOException("could not open pidfile '" + path + "': permission denied", e);
        }
        return new PidFile(path);
    }

    private static long read(Path path) throws IOException {
        try {
            return Long.parseLong(Files.readString(path).strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Removes it, unless another process has written its own meanwhile. */
    public void delete() throws IOException {
        if (path != null
                && Files.exists(path)
                && read(path) == ProcessHandle.current().pid()) {
            Files.delete(path);
        }
    }
}
