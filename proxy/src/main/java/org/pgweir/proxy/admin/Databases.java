package org.pgweir.proxy.admin;

import java.util.List;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.route.Database;

/** Databases as arguments of commands. */
final class Databases {
    private Databases() {}

    /** The known database of that name, or all if the name is empty. */
    static List<Database> named(Admin admin, String name) {
        return name.isEmpty()
                ? admin.catalog().databases()
                : admin.catalog().databases().stream()
                        .filter(database -> database.name().equals(name))
                        .toList();
    }

    static ErrorMessage unknown(String name) {
        return ErrorMessage.error("08P01", "no such database: " + name);
    }
}
