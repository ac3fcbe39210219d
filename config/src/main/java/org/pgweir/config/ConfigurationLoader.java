package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.pgweir.config.Configuration.Format;

/** Loads a configuration file with all that it mentions. */
public final class ConfigurationLoader {

    private static final Pattern INI_SECTION =
            Pattern.compile("^\\s*\\[\\s*(databases|pgbouncer|users|peers)\\s*\\]\\s*$", Pattern.MULTILINE);

    private ConfigurationLoader() {}

    /**
     * Loads a file: as PgBouncer's ini if its name ends in {@code .ini}, as HOCON if it ends in {@code .conf},
     * {@code .hocon} or {@code .json}, otherwise by what is in it. The user list that {@code auth_file} names is loaded
     * too.
     *
     * @throws ConfigurationException if any part is not usable; nothing of it can be used then
     */
    public static Configuration load(Path file) throws ConfigurationException {
        try {
            Format format = formatOf(file);
            RawConfiguration raw = format == Format.INI ? IniReader.read(file) : HoconReader.read(file);
            return new Assembler(raw).assemble(file, format);
        } catch (IOException failure) {
            throw ConfigurationException.unreadable("configuration file", file, failure);
        }
    }

    /**
     * The text of a {@code pgweir.conf} that says the same as a {@code pgbouncer.ini}, with its comments and those that included
     * files have.
     *
     * @throws ConfigurationException if the file is not usable, or no ini
     */
    public static String asHocon(Path file) throws ConfigurationException {
        try {
            if (formatOf(file) != Format.INI) {
                throw ConfigurationException.broken(
                        new Position(file, 0), "this is no pgbouncer.ini but HOCON already");
            }
            RawConfiguration raw = IniReader.read(file);
            new Assembler(raw).assemble(file, Format.INI);
            return new HoconWriter(raw, file).text();
        } catch (IOException failure) {
            throw ConfigurationException.unreadable("configuration file", file, failure);
        }
    }

    private static Format formatOf(Path file) throws IOException {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".ini")) {
            return Format.INI;
        }
        if (name.endsWith(".conf") || name.endsWith(".hocon") || name.endsWith(".json")) {
            return Format.HOCON;
        }
        return INI_SECTION.matcher(FileText.read(file)).find() ? Format.INI : Format.HOCON;
    }
}
