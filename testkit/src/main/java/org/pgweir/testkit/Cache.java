package org.pgweir.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A folder of results that are expensive to make and good for ever, shared by all processes of one user: unpacked binaries,
 * initialised data directories. Deleting it is always safe while no test runs.
 */
final class Cache {

    private static final Path ROOT =
            Path.of(System.getProperty("java.io.tmpdir"), "pgweir-testkit-" + Unprivileged.uid());

    private Cache() {}

    /** Fills an empty folder. */
    interface Maker {
        void fill(Path folder) throws IOException;
    }

    /** The folder of this name; made first, by one process only, if it is not there. */
    static synchronized Path folder(String name, Maker maker) {
        Path folder = ROOT.resolve(name);
        try {
            openRoot();
            if (Files.isDirectory(folder)) {
                return folder;
            }
            try (FileChannel lock = FileChannel.open(
                            ROOT.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock held = lock.lock()) {
                // Somebody else may have been faster; and what a killed process left unfinished must go.
                if (held.isValid() && !Files.isDirectory(folder)) {
                    Path unfinished = ROOT.resolve(name + ".unfinished");
                    Folders.delete(unfinished);
                    Files.createDirectory(unfinished);
                    maker.fill(unfinished);
                    Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + folder, e);
        }
    }

    private static void openRoot() throws IOException {
        if (!Files.isDirectory(ROOT, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(ROOT);
            // Readable for the user nobody, who may have to run what lies here.
            Files.setPosixFilePermissions(ROOT, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        // Programs are run from here, so nobody else may have put the folder there.
        Object owner = Files.getAttribute(ROOT, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(Unprivileged.uid())) {
            throw new IOException(ROOT + " belongs to the user with the id " + owner);
        }
    }
}
