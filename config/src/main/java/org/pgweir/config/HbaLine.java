package org.pgweir.config;

import java.util.List;

/** A line of an HBA or ident file: fields between blanks, each of one word or of several with commas between them. */
record HbaLine(Position position, List<List<HbaWord>> fields) {

    int size() {
        return fields.size();
    }

    List<HbaWord> field(int index) {
        return fields.get(index);
    }

    /** The only word of a field. */
    HbaWord word(int index, String what) throws ConfigurationException {
        if (index >= fields.size()) {
            throw broken("the line ends before the " + what);
        }
        if (fields.get(index).size() > 1) {
            throw broken("there may be one " + what + " only, without commas");
        }
        return fields.get(index).get(0);
    }

    /** All words of a field. */
    List<HbaWord> words(int index, String what) throws ConfigurationException {
        if (index >= fields.size()) {
            throw broken("the line ends before the " + what);
        }
        return fields.get(index);
    }

    ConfigurationException broken(String text) {
        return ConfigurationException.broken(position, text);
    }
}
