package org.pgweir.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Reads whole files, with reasons that an operator understands. */
final class FileText {
    private static final int KILOBYTE = 1024;

    /** Of a line: longer than any that somebody meant to write. */
    private static final int LONGEST_LINE = 1024 * KILOBYTE;

    /** Parts of the heap that a text, and all that is made of it, may take; for HOCON that is thirty times its length, twice in a reload. */
    private static final int TEXT_PART = 8;

    private static final int HOCON_PART = 128;

    private FileText() {}

    /**
     * The lines of a file. Bytes that are not UTF-8 become U+FFFD, so that an odd comment does no harm; where it
     * matters {@link #requireText} refuses them.
     */
    static List<String> lines(Path file) throws IOException {
        List<String> lines = read(file).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).length() > LONGEST_LINE) {
                throw new IOException("line " + (i + 1) + " is longer than 1 MB");
            }
        }
        return lines;
    }

    /** A file that would fill the heap would end the process, also one that only reads its files again. */
    static String read(Path file) throws IOException {
        requireNoFolder(file);
        int most = most(TEXT_PART);
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(most + 1);
        }
        requireSize(bytes.length, most);
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** Finds out early, and with the right reason, that a file cannot be read. */
    static void requireReadable(Path file) throws IOException {
        requireNoFolder(file);
        Files.newInputStream(file).close();
    }

    /** As {@link #requireReadable}, for a file that is read as HOCON. */
    static void requireReadableHocon(Path file) throws IOException {
        requireReadable(file);
        requireSize(Files.size(file), most(HOCON_PART));
    }

    private static int most(int part) {
        return (int) Math.min(Runtime.getRuntime().maxMemory() / part, Integer.MAX_VALUE - KILOBYTE);
    }

    private static void requireSize(long size, int most) throws IOException {
        if (size > most) {
            throw new IOException("it is longer than " + most / KILOBYTE
                    + " kB, too long for this heap (PGWEIR_JAVA_OPTS=-Xmx... gives more)");
        }
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
