package org.pgweir.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A data directory straight out of initdb, made once and copied for every server: initdb takes seconds, the copy does not. */
final class ClusterTemplate {

    static final String SUPERUSER = "postgres";

    private ClusterTemplate() {}

    /**
     * Creates a data directory.
     *
     * @param auth decides how the superuser's password is stored: md5 as MD5, anything else as SCRAM
     */
    static void copyTo(Path data, PostgresBinaries binaries, String auth, String password) {
        String stored = auth.equals("md5") ? "md5" : "scram-sha-256";
        String name = "data-" + binaries.id() + "-" + stored + "-" + Integer.toHexString(password.hashCode());
        Path template = Cache.folder(name, empty -> initdb(empty, binaries, stored, password));
        try {
            Folders.copy(template.resolve("data"), data, file -> true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void initdb(Path folder, PostgresBinaries binaries, String stored, String password)
            throws IOException {
        Unprivileged runner = Unprivileged.instance();
        Path passwordFile = Files.writeString(folder.resolve("password"), password + "\n");
        runner.handOver(folder);
        Process process = runner.process(binaries.command(
                        "initdb",
                        "--pgdata=" + folder.resolve("data"),
                        "--username=" + SUPERUSER,
                        "--pwfile=" + passwordFile,
                        "--auth=" + stored,
                        "--encoding=UTF8",
                        "--no-locale",
                        "--no-sync"))
                .directory(folder.toFile())
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Files.delete(passwordFile);
        try {
            if (process.waitFor() != 0) {
                throw new IOException("initdb failed:\n" + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during initdb", e);
        }
    }
}
