/**
 * What a session asks for and holds, apart from any connection: the parameters of a startup packet, what a text of SQL does, and the
 * prepared statements of a client ({@link org.pgweir.proxy.session.ClientStatements}) and of a server ({@link
 * org.pgweir.proxy.session.ServerStatements}). Values may be used by any thread, the statements of a client or server on its loop alone,
 * and {@link org.pgweir.proxy.session.PreparedStatements}, which all clients of a pool share, by all.
 */
package org.pgweir.proxy.session;
