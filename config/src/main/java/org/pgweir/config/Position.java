package org.pgweir.config;

import java.nio.file.Path;

/** A place in a configuration file; line 0 where the line is not known. */
record Position(Path file, int line) {

    /** Not from a file, such as a SET on the console. */
    static final Position NONE = new Position(null, 0);

    /** The start of an error's text, with the colon. */
    String prefix() {
        if (file == null) {
            return "";
        }
        return line > 0 ? file + ":" + line + ": " : file + ": ";
    }
}
