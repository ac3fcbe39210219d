package org.pgweir.testkit;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Predicate;

/** Whole folders at once. A file that vanishes meanwhile is no error: a running server creates and deletes all the time. */
public final class Folders {

    /** The system property that names a folder for the servers' data. */
    private static final String PLACE = "pgweir.testkit.dir";

    private static final Path MEMORY = Path.of("/dev/shm");

    /** With less than this in memory, data goes to disk. A small container has 64 MB, which hold one server at most. */
    private static final long ENOUGH_BYTES = 4L << 30;

    private Folders() {}

    /** A new folder for one server, short enough for the path of a Unix socket, and on the fastest file system at hand. */
    static Path createForServer() throws IOException {
        String place = System.getProperty(PLACE, "");
        if (!place.isEmpty()) {
            return Files.createTempDirectory(Path.of(place).toAbsolutePath(), "pgweir-pg");
        }
        if (Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() >= ENOUGH_BYTES) {
            return Files.createTempDirectory(MEMORY, "pgweir-pg");
        }
        return Files.createTempDirectory("pgweir-pg");
    }

    /** Copies a folder with permissions and times; what the predicate leaves out is not copied, nor is anything below it. */
    static void copy(Path from, Path to, Predicate<Path> wanted) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                if (!wanted.test(folder)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                copyOne(folder);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (wanted.test(file)) {
                    copyOne(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                return ignoreVanished(e);
            }

            private void copyOne(Path file) throws IOException {
                try {
                    Files.copy(
                            file,
                            to.resolve(from.relativize(file)),
                            StandardCopyOption.COPY_ATTRIBUTES,
                            LinkOption.NOFOLLOW_LINKS);
                } catch (NoSuchFileException e) {
                    ignoreVanished(e);
                }
            }
        });
    }

    /** Deletes a folder and all in it, if it is there. */
    public static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                return ignoreVanished(e);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static FileVisitResult ignoreVanished(IOException e) throws IOException {
        if (e instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
        }
        throw e;
    }
}
