package org.pgweir.proxy.auth;

import com.unboundid.ldap.sdk.DereferencePolicy;
import com.unboundid.ldap.sdk.ExtendedResult;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPSearchException;
import com.unboundid.ldap.sdk.RDN;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchResultEntry;
import com.unboundid.ldap.sdk.SearchScope;
import com.unboundid.ldap.sdk.extensions.StartTLSExtendedRequest;
import com.unboundid.util.ssl.HostNameSSLSocketVerifier;
import com.unboundid.util.ssl.JVMDefaultTrustManager;
import com.unboundid.util.ssl.PEMFileTrustManager;
import com.unboundid.util.ssl.SSLUtil;
import java.io.File;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.pgweir.config.HostAddress;
import org.pgweir.config.LdapOptions;
import org.pgweir.config.LdapOptions.Scheme;

/**
 * Asks a directory whether a password is right, by binding as the user: under a name that is made of the user's, or one that a search
 * has found. Waits for answers: on a worker only.
 */
final class LdapDirectory {
    private static final int CONNECT_MILLIS = 3_000;
    private static final int ANSWER_MILLIS = 5_000;

    /** A server that did not answer is asked last for so long. */
    private static final long DISTRUST_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LdapOptions options;
    private final Map<HostAddress, Long> failedAtNanos = new ConcurrentHashMap<>();

    LdapDirectory(LdapOptions options) {
        this.options = options;
    }

    /** Why the user may not log in, for the log; null if the password is right. */
    String refusal(String user, String password, long nowNanos) {
        if (password.isEmpty()) {
            // A bind without a password is anonymous, and succeeds.
            return "empty password";
        }
        if (user.indexOf('\0') >= 0) {
            return "the user's name has a NUL";
        }
        String failure = null;
        for (HostAddress server : inOrder(nowNanos)) {
            try (LDAPConnection connection = connect(server)) {
                return options.searches()
                        ? searchAndBind(connection, user, password)
                        : bind(connection, user, password);
            } catch (LDAPException e) {
                failure = "LDAP server " + server + ": " + describe(e);
                if (e.getResultCode().isConnectionUsable()) {
                    return failure;
                }
                failedAtNanos.put(server, nowNanos);
            } catch (GeneralSecurityException e) {
                return "LDAP server " + server + ": " + e.getMessage();
            }
        }
        return failure;
    }

    private List<HostAddress> inOrder(long nowNanos) {
        List<HostAddress> trusted = new ArrayList<>();
        List<HostAddress> distrusted = new ArrayList<>();
        for (HostAddress server : options.servers()) {
            Long failed = failedAtNanos.get(server);
            (failed != null && nowNanos - failed < DISTRUST_NANOS ? distrusted : trusted).add(server);
        }
        trusted.addAll(distrusted);
        return trusted;
    }

    private LDAPConnection connect(HostAddress server) throws LDAPException, GeneralSecurityException {
        LDAPConnectionOptions settings = new LDAPConnectionOptions();
        settings.setConnectTimeoutMillis(CONNECT_MILLIS);
        settings.setResponseTimeoutMillis(ANSWER_MILLIS);
        settings.setFollowReferrals(false);
        settings.setUseSynchronousMode(true);
        settings.setSSLSocketVerifier(new HostNameSSLSocketVerifier(true));
        if (options.scheme() == Scheme.LDAPS) {
            return new LDAPConnection(tls(), settings, server.host(), server.port());
        }
        LDAPConnection connection = new LDAPConnection(settings, server.host(), server.port());
        if (options.scheme() == Scheme.STARTTLS) {
            try {
                ExtendedResult result = connection.processExtendedOperation(new StartTLSExtendedRequest(tls()));
                if (result.getResultCode() != ResultCode.SUCCESS) {
                    throw new LDAPException(ResultCode.CONNECT_ERROR, "STARTTLS: " + result.getDiagnosticMessage());
                }
            } catch (LDAPException | GeneralSecurityException | RuntimeException e) {
                connection.close();
                throw e;
            }
        }
        return connection;
    }

    private SSLSocketFactory tls() throws GeneralSecurityException {
        TrustManager trusted = options.caFile() == null
                ? JVMDefaultTrustManager.getInstance()
                : new PEMFileTrustManager(new File(options.caFile()));
        return new SSLUtil(trusted).createSSLSocketFactory();
    }

    private String bind(LDAPConnection connection, String user, String password) throws LDAPException {
        String prefix = options.prefix() == null ? "" : options.prefix();
        String suffix = options.suffix() == null ? "" : options.suffix();
        // After "uid=" follows a value of a distinguished name, in which commas and others must not end it.
        String name = prefix.stripTrailing().endsWith("=") ? escaped(user) : user;
        return bindAs(connection, prefix + name + suffix, password);
    }

    static String escaped(String user) {
        return new RDN("cn", user).toString().substring("cn=".length());
    }

    private static String bindAs(LDAPConnection connection, String name, String password) throws LDAPException {
        try {
            connection.bind(name, password);
            return null;
        } catch (LDAPException e) {
            if (!e.getResultCode().isConnectionUsable()) {
                throw e;
            }
            return "LDAP bind as \"" + name + "\": " + describe(e);
        }
    }

    private String searchAndBind(LDAPConnection connection, String user, String password) throws LDAPException {
        if (!options.bindDn().isEmpty()) {
            connection.bind(options.bindDn(), options.bindPassword());
        }
        SearchRequest request =
                new SearchRequest(options.baseDn(), scope(), filter(options, user), SearchRequest.NO_ATTRIBUTES);
        request.setDerefPolicy(DereferencePolicy.NEVER);
        request.setSizeLimit(2);
        List<SearchResultEntry> found;
        try {
            found = connection.search(request).getSearchEntries();
        } catch (LDAPSearchException e) {
            if (e.getResultCode() != ResultCode.SIZE_LIMIT_EXCEEDED) {
                throw e;
            }
            found = e.getSearchEntries();
        }
        if (found.size() == 1) {
            return bindAs(connection, found.get(0).getDN(), password);
        }
        // Nobody is to tell from the time of the answer whether there is such a user.
        bindAs(connection, "cn=" + escaped(user) + ",cn=pgweir,cn=nobody", password);
        return found.isEmpty()
                ? "the LDAP directory does not know the user"
                : "the LDAP directory knows more than one such user; see ldapbasedn and ldapsearchfilter";
    }

    static Filter filter(LdapOptions options, String user) throws LDAPException {
        return options.searchFilter() == null
                ? Filter.createEqualityFilter(options.searchAttribute(), user)
                : Filter.create(options.searchFilter().replace(LdapOptions.USER_NAME, Filter.encodeValue(user)));
    }

    private SearchScope scope() {
        return switch (options.scope()) {
            case BASE -> SearchScope.BASE;
            case ONE -> SearchScope.ONE;
            case SUB -> SearchScope.SUB;
        };
    }

    /** Without what the library says about itself. */
    private static String describe(LDAPException e) {
        String code = e.getResultCode().getName();
        String message = String.valueOf(e.getMessage()).replaceAll(", ldapSDKVersion=[^,]*, revision=[0-9a-f]*", "");
        return message.equals(code) ? code : code + " (" + message + ")";
    }
}
