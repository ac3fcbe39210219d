package org.pgweir.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;

/** A base backup of a running server by hand, since the packed binaries have no pg_basebackup. */
final class Standby {

    private static final Set<String> OF_THE_RUNNING_SERVER = Set.of("postmaster.pid", "postmaster.opts");

    private Standby() {}

    /** Copies the data directory of a running primary, ready to be started as its standby. */
    static void copy(EmbeddedPostgres primary, Path data) throws IOException {
        try (WireClient backup = WireClient.connect(primary.socket())
                .login(primary.superuser(), primary.superuserPassword(), "postgres")) {
            backup.query("SELECT pg_backup_start('standby', true)");
            Folders.copy(
                    primary.dataDirectory(),
                    data,
                    file -> !OF_THE_RUNNING_SERVER.contains(file.getFileName().toString()));
            // The log is copied once more behind the end of the backup, so that it reaches a consistent point at once.
            String label = backup.query("SELECT labelfile FROM pg_backup_stop(false)")
                    .get(0)
                    .get(0);
            Folders.delete(data.resolve("pg_wal"));
            Folders.copy(primary.dataDirectory().resolve("pg_wal"), data.resolve("pg_wal"), file -> true);
            Files.writeString(data.resolve("backup_label"), label);
        }
        Files.createFile(data.resolve("standby.signal"));
        String conninfo = "host=" + primary.socketDirectory() + " port=" + primary.port() + " user="
                + primary.superuser() + " password=" + primary.superuserPassword();
        Files.write(
                data.resolve("postgresql.conf"),
                List.of("primary_conninfo = '" + conninfo.replace("'", "''") + "'", "hot_standby = on"),
                StandardOpenOption.APPEND);
    }
}
