/**
 * What a client's session asks for and holds, apart from any connection: today the parameters of its startup packet. Pure values,
 * any thread.
 */
package org.pgweir.proxy.session;
