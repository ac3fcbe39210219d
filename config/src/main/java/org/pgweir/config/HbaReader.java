package org.pgweir.config;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgweir.config.HbaRule.Connection;

/** Makes a rule of one line. */
final class HbaReader {

    /** What to take instead of PostgreSQL's methods that are missing here. */
    private static final Map<String, String> INSTEAD = Map.of(
            "gss", "scram-sha-256 or cert",
            "sspi", "scram-sha-256 or cert",
            "ident", "peer on a local line, cert or scram-sha-256 elsewhere",
            "pam", "ldap or scram-sha-256",
            "radius", "ldap or scram-sha-256",
            "bsd", "ldap or scram-sha-256",
            "oauth", "scram-sha-256 or cert");

    private final HbaLine line;
    private final IdentMaps maps;
    private final Map<String, String> ldap = new LinkedHashMap<>();
    private int at;

    HbaReader(HbaLine line, IdentMaps maps) {
        this.line = line;
        this.maps = maps;
    }

    HbaRule rule() throws ConfigurationException {
        Connection connection = connection(line.word(at++, "type of the connection"));
        List<HbaName> databases = new ArrayList<>();
        List<HbaName> users = new ArrayList<>();
        try {
            for (HbaWord word : line.words(at++, "databases")) {
                databases.add(HbaName.database(word));
            }
            for (HbaWord word : line.words(at++, "users")) {
                users.add(HbaName.user(word));
            }
        } catch (BadValue bad) {
            throw line.broken(bad.getMessage());
        }
        HbaAddress address = connection == Connection.LOCAL ? new HbaAddress.All() : address();
        HbaMethod method = method(line.word(at++, "method"), connection);
        Map<String, String> options = options(method, connection);
        return new HbaRule(
                line.position().file() + ":" + line.position().line(),
                connection,
                List.copyOf(databases),
                List.copyOf(users),
                address,
                method,
                options,
                method == HbaMethod.LDAP ? ldap() : null);
    }

    private Connection connection(HbaWord word) throws ConfigurationException {
        for (Connection each : Connection.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(word.text())) {
                return each;
            }
        }
        throw line.broken("unknown type of connection " + ConfigurationException.quoted(word.text()) + "; allowed: "
                + Stream.of(Connection.values())
                        .map(each -> each.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", ")));
    }

    private HbaAddress address() throws ConfigurationException {
        HbaWord word = line.word(at++, "address");
        if (word.is("all")) {
            return new HbaAddress.All();
        } else if (word.is("samehost")) {
            return new HbaAddress.SameHost();
        } else if (word.is("samenet")) {
            return new HbaAddress.SameNet();
        }
        String text = word.text();
        int slash = text.indexOf('/');
        InetAddress address = HbaAddress.literal(slash < 0 ? text : text.substring(0, slash));
        if (slash >= 0) {
            return network(address, text, slash);
        } else if (address != null) {
            return new HbaAddress.Network(address, mask(address));
        } else if (text.matches("[\\p{L}\\p{N}_.-]+") && !text.matches("[0-9.]+")) {
            return new HbaAddress.HostName(text.toLowerCase(Locale.ROOT));
        }
        throw badAddress(text);
    }

    private HbaAddress network(InetAddress address, String text, int slash) throws ConfigurationException {
        String bits = text.substring(slash + 1);
        if (address == null || !bits.matches("[0-9]{1,3}")) {
            throw badAddress(text);
        }
        int length = address.getAddress().length * 8;
        // An IPv4 address that is written as IPv6, ::ffff:192.0.2.1/128, is an IPv4 address to Java.
        int written = length == 32 && text.indexOf(':') >= 0 ? 96 : 0;
        int given = Integer.parseInt(bits) - written;
        if (given < 0 || given > length) {
            throw line.broken("the address " + ConfigurationException.quoted(text) + " has " + (length + written)
                    + " bits; behind the slash is their number");
        }
        return HbaAddress.network(address, given);
    }

    private InetAddress mask(InetAddress address) throws ConfigurationException {
        HbaWord word = line.word(at++, "mask of the address, or write the address with a slash and the number of bits");
        InetAddress mask = HbaAddress.literal(word.text());
        if (mask == null || mask.getAddress().length != address.getAddress().length) {
            throw line.broken("expected a mask such as 255.255.255.0 behind the address "
                    + ConfigurationException.quoted(address.getHostAddress()) + ", found "
                    + ConfigurationException.quoted(word.text())
                    + "; an address without one has a slash and the number of bits");
        }
        return mask;
    }

    private ConfigurationException badAddress(String text) {
        return line.broken("bad address " + ConfigurationException.quoted(text)
                + "; allowed: all, samehost, samenet, an address with /bits or a mask, a host name, .domain");
    }

    private HbaMethod method(HbaWord word, Connection connection) throws ConfigurationException {
        String text = word.text();
        if (text.equals("ident") && connection == Connection.LOCAL) {
            // As PostgreSQL does.
            text = "peer";
        }
        HbaMethod method = null;
        for (HbaMethod each : HbaMethod.values()) {
            if (each.toString().equals(text)) {
                method = each;
            }
        }
        if (method == null) {
            throw line.broken(
                    INSTEAD.containsKey(text)
                            ? "the method " + text + " is not supported; use " + INSTEAD.get(text)
                            : "unknown method " + ConfigurationException.quoted(text) + "; allowed: "
                                    + Stream.of(HbaMethod.values())
                                            .map(HbaMethod::toString)
                                            .collect(Collectors.joining(", ")));
        }
        if (method == HbaMethod.PEER && connection != Connection.LOCAL) {
            throw line.broken("the method peer is for local lines only: it asks the Unix socket who is there");
        }
        if (method == HbaMethod.CERT && (connection == Connection.LOCAL || connection == Connection.HOSTNOSSL)) {
            throw line.broken("the method cert needs TLS: use it on hostssl lines");
        }
        return method;
    }

    private Map<String, String> options(HbaMethod method, Connection connection) throws ConfigurationException {
        Map<String, String> options = new LinkedHashMap<>();
        for (; at < line.size(); at++) {
            for (HbaWord word : line.field(at)) {
                int equals = word.text().indexOf('=');
                if (equals <= 0) {
                    // Not repeated: it may be the rest of a password.
                    throw line.broken("behind the method there may be options only, each name=value without blanks");
                }
                String name = word.text().substring(0, equals);
                String value = word.text().substring(equals + 1);
                if (LdapOptions.isName(name)) {
                    requireMethod(name, method, Set.of(HbaMethod.LDAP));
                    ldap.put(name, value);
                } else {
                    check(name, value, method, connection);
                    options.put(name, value);
                }
            }
        }
        return Map.copyOf(options);
    }

    private void check(String name, String value, HbaMethod method, Connection connection)
            throws ConfigurationException {
        switch (name) {
            case "map" -> {
                requireMethod(name, method, Set.of(HbaMethod.PEER, HbaMethod.CERT));
                if (!maps.contains(value)) {
                    throw line.broken("the map " + ConfigurationException.quoted(value) + " is not in auth_ident_file");
                }
            }
            case "clientname" -> {
                requireMethod(name, method, Set.of(HbaMethod.CERT));
                requireValue(name, value, "CN", "DN");
            }
            case "clientcert" -> {
                if (connection != Connection.HOSTSSL) {
                    throw line.broken("the option clientcert is for hostssl lines only");
                }
                if (method == HbaMethod.CERT) {
                    requireValue(name, value, "verify-full");
                } else {
                    requireValue(name, value, "verify-ca", "verify-full");
                }
            }
            default -> throw line.broken("unknown option " + ConfigurationException.quoted(name));
        }
    }

    private void requireValue(String option, String value, String... allowed) throws ConfigurationException {
        if (!List.of(allowed).contains(value)) {
            throw line.broken("the option " + option + " is " + String.join(" or ", allowed) + " here, not "
                    + ConfigurationException.quoted(value));
        }
    }

    private LdapOptions ldap() throws ConfigurationException {
        try {
            return LdapOptions.of(ldap);
        } catch (BadValue bad) {
            throw line.broken(bad.getMessage());
        }
    }

    private void requireMethod(String option, HbaMethod method, Set<HbaMethod> allowed) throws ConfigurationException {
        if (!allowed.contains(method)) {
            throw line.broken("the option " + option + " is not for the method " + method + "; it is for "
                    + allowed.stream().map(HbaMethod::toString).sorted().collect(Collectors.joining(", ")));
        }
    }
}
