/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import org.djlext.internal.NativeProcessGroup.Store;

/**
 * Where the ranks of a group find each other: a port of rank 0, or a file that all of them see.
 *
 * @param place the host or the path
 * @param port the port, 0 for a file
 */
record StoreAddress(String place, int port) {

    private static final String TCP = "tcp://";
    private static final String FILE = "file://";

    // PyTorch's keys, so that a rank may as well be a Python process after init_process_group.
    private static final String KEYS = "default_pg/0//cpu/";

    static StoreAddress parse(String address) {
        if (address.startsWith(FILE)) {
            return new StoreAddress(
                    Path.of(address.substring(FILE.length())).toAbsolutePath().toString(), 0);
        }
        String hostAndPort = address.startsWith(TCP) ? address.substring(TCP.length()) : address;
        int colon = hostAndPort.lastIndexOf(':');
        int port = 0;
        try {
            port = Integer.parseInt(hostAndPort.substring(colon + 1));
        } catch (NumberFormatException e) {
            // Said below, as for a number that is not a port's.
        }
        if (colon < 1 || port < 1 || port > 65535) {
            throw new IllegalArgumentException(
                    "the ranks of a process group must have an address to meet at, but got "
                            + address
                            + "; try HOST:PORT with a port of rank 0's machine from 1 to 65535, or"
                            + " file:///PATH");
        }
        // An address of IPv6 may be in brackets.
        return new StoreAddress(
                hostAndPort.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1"), port);
    }

    /** Returns the store for a rank, and for what torchrun says in its environment. */
    Store store(int rank, Map<String, String> environment) throws UnknownHostException {
        if (port == 0) {
            return new Store(place, 0, false, KEYS);
        }
        InetAddress host = InetAddress.getByName(place);
        // The agent of torchrun may serve the store, and for each attempt has keys of its own.
        boolean isServed = "True".equals(environment.get("TORCHELASTIC_USE_AGENT_STORE"));
        String attempt = environment.getOrDefault("TORCHELASTIC_RESTART_COUNT", "0");
        return new Store(
                host.isLoopbackAddress() ? "127.0.0.1" : place,
                port,
                rank == 0 && !isServed,
                isServed ? "/worker/attempt_" + attempt + "/" + KEYS : KEYS);
    }

    /**
     * Returns the address of this process that other ranks reach it at: that of the interface that
     * GLOO_SOCKET_IFNAME names, or the one that the way to the store begins with.
     */
    String ownAddress(Map<String, String> environment) throws IOException {
        String name = environment.get("GLOO_SOCKET_IFNAME");
        if (name != null) {
            NetworkInterface found = NetworkInterface.getByName(name);
            if (found == null || !found.getInetAddresses().hasMoreElements()) {
                throw new IllegalArgumentException(
                        "GLOO_SOCKET_IFNAME must name a network interface that has an address, but"
                                + " got "
                                + name
                                + "; try one of "
                                + Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                                        .map(NetworkInterface::getName)
                                        .toList());
            }
            return found.getInetAddresses().nextElement().getHostAddress();
        }
        if (port == 0) {
            return "127.0.0.1";
        }
        InetAddress host = InetAddress.getByName(place);
        if (host.isLoopbackAddress()) {
            return "127.0.0.1";
        }
        // Nothing is sent: to connect such a socket is to ask for the route.
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(host, port));
            return socket.getLocalAddress().getHostAddress();
        }
    }

    @Override
    public String toString() {
        return port == 0 ? FILE + place : place + ":" + port;
    }
}
