package org.pgweir.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The PostgreSQL versions that the testkit carries. */
public enum PostgresVersion {
    /** The newest. */
    CURRENT(18),
    /** The oldest that pgweir's tests cover. */
    OLD(15);

    private static final String VERSIONS = "/postgres/versions.properties";

    private final int major;

    PostgresVersion(int major) {
        this.major = major;
    }

    public int major() {
        return major;
    }

    /** The exact version of the packed binaries, for example 18.6.0. */
    String full() {
        try (InputStream in = PostgresVersion.class.getResourceAsStream(VERSIONS)) {
            Properties versions = new Properties();
            versions.load(in);
            return versions.getProperty(Integer.toString(major));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the packed binaries are on the class path. */
    String archive() {
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm_64" : "x86_64";
        return "/postgres/" + major + "/postgres-linux-" + arch + ".txz";
    }
}
