package org.pgweir.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * How PostgreSQL's programs are started, and PgBouncer, which thinks alike. They refuse to run as root, so root starts them in a user
 * namespace of their own, or as the user nobody where namespaces are forbidden. Anybody else starts them as they are.
 */
public final class Unprivileged {

    // Debian, Red Hat and Alpine agree on this number for nobody; its group of the same number has various names.
    private static final int NOBODY = 65534;

    private static final List<String> AS_MYSELF = List.of();
    private static final List<String> NAMESPACE = List.of("unshare", "-U");
    private static final List<List<String>> AS_NOBODY = List.of(
            List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"),
            List.of("runuser", "-u", "nobody", "--"),
            List.of("su", "-s", "/bin/sh", "nobody", "-c", "exec \"$0\" \"$@\"", "--"));

    private static final Unprivileged CHOSEN = choose();

    private final List<String> prefix;
    private final boolean asNobody;

    private Unprivileged(List<String> prefix, boolean asNobody) {
        this.prefix = prefix;
        this.asNobody = asNobody;
    }

    /** The way that works on this machine. */
    public static Unprivileged instance() {
        return CHOSEN;
    }

    /** A builder for a process that may be PostgreSQL, in an environment without surprises. */
    public ProcessBuilder process(List<String> command) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("TZ", "UTC");
        builder.redirectErrorStream(true);
        return builder;
    }

    /** Gives a folder and all in it to the user that PostgreSQL will run as. */
    public void handOver(Path folder) {
        if (!asNobody) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.setAttribute(file, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Unprivileged choose() {
        if (uid() != 0) {
            return new Unprivileged(AS_MYSELF, false);
        }
        if (works(NAMESPACE)) {
            return new Unprivileged(NAMESPACE, false);
        }
        for (List<String> prefix : AS_NOBODY) {
            if (works(prefix)) {
                return new Unprivileged(prefix, true);
            }
        }
        throw new IllegalStateException(
                "PostgreSQL does not run as root, and none of unshare, setpriv, runuser and su works"
                        + " here: run the tests as another user");
    }

    /** The user id of this process. */
    static int uid() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean works(List<String> prefix) {
        List<String> command = new ArrayList<>(prefix);
        // Must also be another user than root in its own eyes.
        command.addAll(List.of("sh", "-c", "test $(id -u) -ne 0"));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
