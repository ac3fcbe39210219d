/**
 * What users of the pooler see, proved with real PostgreSQL over real sockets. Nearly every class runs once for each
 * {@link org.pgweir.proxy.behaviour.Setup}: every transport, one loop and two, the newest PostgreSQL and the oldest. Test threads only.
 */
package org.pgweir.proxy.behaviour;
