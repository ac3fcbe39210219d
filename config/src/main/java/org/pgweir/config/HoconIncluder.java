package org.pgweir.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseable;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Reads what a {@code pgweir.conf} includes: files beside the one that names them. They must be there; by the rules of HOCON one that is
 * missing would count as empty, and the settings in it be lost.
 */
final class HoconIncluder implements ConfigIncluder, ConfigIncluderFile {
    private static final String ENDING = ".conf";

    /** Each includes the next one. */
    private final Deque<Path> open = new ArrayDeque<>();

    HoconIncluder(Path first) {
        open.push(first.toAbsolutePath().normalize());
    }

    /** Why an included file cannot be used. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;

        private Unusable(String message) {
            super(message);
        }
    }

    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
        return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
        ConfigParseable beside = context.relativeTo(what);
        Path path = beside == null || beside.origin().filename() == null
                ? Path.of(what)
                : Path.of(beside.origin().filename());
        if (!Files.exists(path) && Files.exists(Path.of(path + ENDING))) {
            path = Path.of(path + ENDING);
        }
        return includeFile(context, path.toFile());
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
        Path path = what.toPath().toAbsolutePath().normalize();
        try {
            if (open.contains(path)) {
                throw new IOException("the files include each other in a circle");
            }
            FileText.requireReadableHocon(path);
        } catch (IOException failure) {
            Unusable unusable = new Unusable("include \"" + what + "\": cannot read it: " + FileText.reason(failure));
            throw new ConfigException.Generic(unusable.getMessage(), unusable);
        }
        open.push(path);
        try {
            return ConfigFactory.parseFile(path.toFile(), context.parseOptions().setAllowMissing(false))
                    .root();
        } finally {
            open.pop();
        }
    }
}
