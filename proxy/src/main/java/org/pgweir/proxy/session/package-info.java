/**
 * What a client's session asks for and holds, apart from any connection: the parameters of its startup packet, and what a text of
 * SQL does to it. Pure values, any thread.
 */
package org.pgweir.proxy.session;
