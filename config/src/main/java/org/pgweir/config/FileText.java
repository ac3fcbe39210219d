package org.pgweir.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Reads whole files, with reasons that an operator understands. */
final class FileText {

    private FileText() {}

    /**
     * The lines of a file. Bytes that are not UTF-8 become U+FFFD, so that an odd comment does no harm; where it
     * matters {@link #requireText} refuses them.
     */
    static List<String> lines(Path file) throws IOException {
        return read(file).lines().toList();
    }

    static String read(Path file) throws IOException {
        requireNoFolder(file);
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** Finds out early, and with the right reason, that a file cannot be read. */
    static void requireReadable(Path file) throws IOException {
        requireNoFolder(file);
        Files.newInputStream(file).close();
    }

    private static void requireNoFolder(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("it is a folder");
        }
    }

    /** A line that is neither comment nor empty must be UTF-8, and free of the NUL that ends texts in the protocol. */
    static void requireText(String line, Position position) throws ConfigurationException {
        if (line.indexOf('\uFFFD') >= 0) {
            throw ConfigurationException.broken(position, "this line is not UTF-8 text");
        }
        if (line.indexOf('\0') >= 0) {
            throw ConfigurationException.broken(position, "this line has a NUL character");
        }
    }

    /**
     * A path that a file mentions: as it stands, that is relative to the working directory as in PgBouncer, or, if
     * nothing is there, relative to the folder of the file that mentions it, where one does.
     */
    static Path mentioned(String path, Path by) throws IOException {
        Path asItStands;
        try {
            asItStands = Path.of(path);
        } catch (InvalidPathException invalid) {
            throw new NoSuchFileException("not a path");
        }
        if (by == null || Files.exists(asItStands)) {
            return asItStands;
        }
        Path beside = by.toAbsolutePath().resolveSibling(asItStands);
        return Files.exists(beside) ? beside : asItStands;
    }

    /** Why a file cannot be read. */
    static String reason(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "no such file";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }
}
