/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Speaks to the server by bytes, so that no client puts a wrong request right. */
class ReportServerTest {

    private final TrainingReport report = new TrainingReport("a report");
    private ReportServer server;
    private int port;

    @BeforeEach
    void start() throws IOException {
        server = new ReportServer(report, 0);
        port = URI.create(server.address()).getPort();
    }

    @AfterEach
    void stop() throws IOException {
        report.end(true);
        try {
            ask("GET /data.json", host()); // who has seen the end is not waited for
        } catch (ConnectException e) {
            // The test has closed it.
        }
        server.close();
    }

    private String ask(String start, String... headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            String request = start + " HTTP/1.1\r\n" + String.join("\r\n", headers);
            socket.getOutputStream()
                    .write(
                            (request
                                            + (headers.length == 0 ? "" : "\r\n")
                                            + "Connection: close\r\n\r\n")
                                    .getBytes(StandardCharsets.UTF_8));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(answer);
            return answer.toString(StandardCharsets.UTF_8);
        }
    }

    private String host() {
        return "Host: 127.0.0.1:" + port;
    }

    private static int status(String answer) {
        assertTrue(answer.startsWith("HTTP/1.1 "), answer);
        return Integer.parseInt(answer.substring(9, 12));
    }

    @Test
    void pageAndDataAreAnsweredWithHeadersThatKeepThemIn() throws IOException {
        for (String path : List.of("/", "/data.json")) {
            String answer = ask("GET " + path, host());
            assertEquals(200, status(answer), answer);
            String headers =
                    answer.substring(0, answer.indexOf("\r\n\r\n")).toLowerCase(Locale.ROOT);
            assertContains(
                    headers,
                    "content-security-policy: default-src 'none'; script-src 'sha256-",
                    "frame-ancestors 'none'");
            assertFalse(headers.contains("unsafe"), headers);
            assertContains(
                    headers,
                    "x-content-type-options: nosniff",
                    "cache-control: no-store",
                    "cross-origin-resource-policy: same-origin");
            assertFalse(headers.contains("access-control"), headers);
            String head = ask("HEAD " + path, "Host: localhost:" + port);
            assertEquals(200, status(head), head);
            assertTrue(head.endsWith("\r\n\r\n"), "no body: " + head);
            assertTrue(head.toLowerCase(Locale.ROOT).contains("content-length: "), head);
        }
        assertTrue(ask("GET /data.json", host()).contains("\"title\":\"a report\""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: evil.example",
                "Host: evil.example:%d",
                "Host: 127.0.0.1",
                "Host: 127.0.0.1:1",
                "Host: localhost.evil.example:%d",
                "Host: 0.0.0.0:%d",
                "Host:",
                "X-Forwarded-Host: 127.0.0.1:%d"
            })
    void otherNamesOfTheHostAreRefused(String header) throws IOException {
        String answer = ask("GET /data.json", header.replace("%d", Integer.toString(port)));
        assertTrue(List.of(400, 403).contains(status(answer)), answer);
        assertFalse(answer.contains("a report"), answer);
    }

    @Test
    void twoHostsAreRefused() throws IOException {
        assertEquals(403, status(ask("GET /", host(), "Host: evil.example")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../../../../etc/passwd",
                "/%2e%2e/%2e%2e/etc/passwd",
                "//etc/passwd",
                "/etc/passwd",
                "/data.json/",
                "/data.json/../../etc/passwd",
                "/data%2ejson",
                "/report.js",
                "/index.html",
                "/..%5c..%5cwindows"
            })
    void noOtherPathIsAnswered(String path) throws IOException {
        String answer = ask("GET " + path, host());
        assertEquals(404, status(answer), answer);
        assertFalse(answer.contains("root:"), answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NONSENSE"})
    void otherMethodsAreRefused(String method) throws IOException {
        String answer = ask(method + " /", host(), "Content-Length: 0");
        assertEquals(405, status(answer), answer);
        assertContains(answer, "Allow: GET, HEAD");
    }

    @Test
    void onlyLoopbackIsListenedOn() throws IOException {
        List<InetAddress> others = new ArrayList<>();
        others.add(InetAddress.getByAddress(new byte[] {127, 0, 0, 2})); // there may be no other
        for (NetworkInterface face : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            others.addAll(Collections.list(face.getInetAddresses()));
        }
        others.remove(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        for (InetAddress address : others) {
            try (Socket socket = new Socket()) {
                assertThrows(
                        IOException.class,
                        () -> socket.connect(new InetSocketAddress(address, port), 2000),
                        address + " answers");
            }
        }
    }

    @Test
    void aPortInUseIsNotTaken() {
        assertThrows(BindException.class, () -> new ReportServer(report, port).close());
    }

    @Test
    void theEndIsShownToWhoWatchesAndThenTheServerIsGone() throws Exception {
        ask("GET /data.json", host());
        report.end(true);
        Thread closing = new Thread(server::close);
        closing.start();
        String last = ask("GET /data.json", host());
        assertContains(last, "\"state\":\"FINISHED\"");
        closing.join(20_000);
        assertFalse(closing.isAlive(), "closed");
        assertThrows(ConnectException.class, () -> ask("GET /", host()));
    }

    /** Connections that send half a request, one that sends nothing, and ones that never read. */
    @ParameterizedTest
    @ValueSource(strings = {"GET / HT", "", "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nA: "})
    void slowConnectionsDoNotKeepOthersWaiting(String start) throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 60; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                slow.add(socket);
                socket.getOutputStream()
                        .write(start.replace("%d", "" + port).getBytes(StandardCharsets.UTF_8));
            }
            for (int i = 0; i < 3; i++) {
                assertEquals(200, status(ask("GET /data.json", host())));
            }
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    @Test
    void aSlowConnectionIsClosed() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write("GET / HT".getBytes(StandardCharsets.UTF_8));
            int answered;
            do {
                answered = socket.getInputStream().read(); // an answer or none, and then the end
            } while (answered >= 0);
        }
    }
}
