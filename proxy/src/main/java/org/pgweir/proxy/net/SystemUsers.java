package org.pgweir.proxy.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The names of the operating system's users: of {@code /etc/passwd}, and whatever else the system knows through {@code getent}, such as
 * a directory. May wait: on a worker only.
 */
public final class SystemUsers {
    private static final Path PASSWD = Path.of("/etc/passwd");
    private static final long LONGEST_SECONDS = 5;

    private SystemUsers() {}

    /** The user's name; null if nobody knows it. */
    public static String nameOf(UnixPeer peer) {
        if (peer.name() != null || peer.uid() < 0) {
            return peer.name();
        }
        String known = inPasswd(peer.uid());
        return known != null ? known : asked(peer.uid());
    }

    private static String inPasswd(int uid) {
        try (Stream<String> lines = Files.lines(PASSWD, StandardCharsets.ISO_8859_1)) {
            return lines.map(line -> nameIn(line, uid))
                    .filter(name -> name != null)
                    .findFirst()
                    .orElse(null);
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    /** {@code name:password:uid:...} */
    private static String nameIn(String line, int uid) {
        String[] fields = line.split(":", 4);
        return fields.length == 4 && fields[2].equals(Integer.toUnsignedString(uid)) ? fields[0] : null;
    }

    private static String asked(int uid) {
        try {
            Process getent = new ProcessBuilder(List.of("getent", "passwd", Integer.toUnsignedString(uid)))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            getent.getOutputStream().close();
            if (!getent.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                getent.destroyForcibly();
                return null;
            }
            return nameIn(new String(getent.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1), uid);
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}
