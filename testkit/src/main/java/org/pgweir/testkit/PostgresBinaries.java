package org.pgweir.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Where initdb and postgres are, and a name that tells this build of them from any other.
 *
 * @param bin the folder of the programs
 * @param id good as a part of a file name
 */
record PostgresBinaries(Path bin, String id) {

    /** The system property that names an installed server's bin folder, to be used instead of the packed ones. */
    static final String INSTALLED = "pgweir.postgres.bin";

    static PostgresBinaries of(PostgresVersion version) {
        String installed = System.getProperty(INSTALLED, "");
        if (!installed.isEmpty()) {
            Path bin = Path.of(installed).toAbsolutePath();
            return new PostgresBinaries(
                    bin, "installed-" + Integer.toHexString(versionOf(bin).hashCode()));
        }
        String id = version.full();
        Path folder = Cache.folder("postgres-" + id, empty -> unpack(version, empty));
        return new PostgresBinaries(folder.resolve("bin"), id);
    }

    List<String> command(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(bin.resolve(program).toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String versionOf(Path bin) {
        try {
            Process process = new ProcessBuilder(bin.resolve("postgres").toString(), "--version").start();
            return bin + new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("-D" + INSTALLED + " names no PostgreSQL server", e);
        }
    }

    private static void unpack(PostgresVersion version, Path folder) throws IOException {
        InputStream archive = PostgresBinaries.class.getResourceAsStream(version.archive());
        if (archive == null) {
            throw new IOException("the class path has no " + version.archive()
                    + ": build the testkit on this platform, or set -D" + INSTALLED);
        }
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(archive))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path target = folder.resolve(entry.getName()).normalize();
                if (!target.startsWith(folder)) {
                    throw new IOException("the archive reaches out of its folder: " + entry.getName());
                }
                unpack(tar, entry, target);
            }
        }
    }

    private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path target) throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else {
            Files.copy(tar, target);
            Set<PosixFilePermission> permissions = EnumSet.of(
                    PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE,
                    PosixFilePermission.GROUP_READ,
                    PosixFilePermission.OTHERS_READ);
            if ((entry.getMode() & 0100) != 0) {
                permissions.add(PosixFilePermission.OWNER_EXECUTE);
                permissions.add(PosixFilePermission.GROUP_EXECUTE);
                permissions.add(PosixFilePermission.OTHERS_EXECUTE);
            }
            Files.setPosixFilePermissions(target, permissions);
        }
    }
}
