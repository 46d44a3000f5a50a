/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Shows a report while its training runs, to browsers on this machine alone.
 *
 * <p>It has two paths, the page and its data, and reads no file. It answers only to the names of
 * this machine itself, so that a page from elsewhere, whose host name was made to lead here, gets
 * nothing.
 */
public final class ReportServer implements AutoCloseable {

    private static final String PAGE = "/";
    private static final String DATA = "/data.json";
    private static final int MAX_CONNECTIONS = 256;
    private static final int SLOWEST_SECONDS = 5;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final long WATCHED_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long LAST_LOOK_SECONDS = 5;

    private static final int OK = 200;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;

    static {
        // The JDK's server waits for ever unless it is told not to before its first use.
        for (String limit : List.of("maxReqTime", "maxRspTime")) {
            String property = "sun.net.httpserver." + limit;
            if (System.getProperty(property) == null) {
                System.setProperty(property, Integer.toString(SLOWEST_SECONDS));
            }
        }
    }

    private final TrainingReport report;
    private final HttpServer server;
    private final ExecutorService threads;
    private final Set<String> hosts;
    private final CountDownLatch lastLook = new CountDownLatch(1);
    private volatile long lastRequest = System.nanoTime() - WATCHED_NANOS;

    /**
     * Starts a server on 127.0.0.1.
     *
     * @param report what it shows
     * @param port the port, or 0 for any that is free
     * @throws IOException if the port is in use or may not be used
     */
    public ReportServer(TrainingReport report, int port) throws IOException {
        this.report = report;
        server =
                HttpServer.create(
                        new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port), 0);
        int actual = server.getAddress().getPort();
        hosts = Set.of("127.0.0.1:" + actual, "localhost:" + actual);
        // A thread for each connection, since one that is slow has its thread wait.
        threads =
                new ThreadPoolExecutor(
                        0,
                        MAX_CONNECTIONS,
                        SLOWEST_SECONDS,
                        TimeUnit.SECONDS,
                        new SynchronousQueue<>(),
                        task -> {
                            Thread thread = new Thread(task, "report");
                            thread.setDaemon(true);
                            return thread;
                        });
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** {@return the address of the page, with the actual port} */
    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + PAGE;
    }

    private void answer(HttpExchange exchange) throws IOException {
        boolean end = false;
        try (exchange) {
            Headers headers = exchange.getResponseHeaders();
            headers.set("Cache-Control", "no-store");
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("Referrer-Policy", "no-referrer");
            headers.set("Cross-Origin-Resource-Policy", "same-origin");
            headers.set(
                    "Content-Security-Policy",
                    ReportPage.policy(true) + "; frame-ancestors 'none'");
            String method = exchange.getRequestMethod();
            String path = exchange.getRequestURI().getRawPath();
            if (!isHere(exchange.getRequestHeaders().get("Host"))) {
                text(exchange, FORBIDDEN, "this page is for this machine alone: " + address());
            } else if (!PAGE.equals(path) && !DATA.equals(path)) {
                text(exchange, NOT_FOUND, "there are / and /data.json");
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                headers.set("Allow", "GET, HEAD");
                text(exchange, METHOD_NOT_ALLOWED, "only GET and HEAD are answered");
            } else if (PAGE.equals(path)) {
                lastRequest = System.nanoTime();
                send(
                        exchange,
                        OK,
                        "text/html; charset=utf-8",
                        ReportPage.html(List.of(report), true));
            } else {
                lastRequest = System.nanoTime();
                boolean ended = !report.isRunning(); // before, so that all of its end is sent
                send(exchange, OK, "application/json", ReportPage.data(List.of(report), true));
                end = ended;
            }
        }
        if (end) {
            lastLook.countDown();
        }
    }

    private boolean isHere(@Nullable List<String> host) {
        return host != null && host.size() == 1 && hosts.contains(host.get(0));
    }

    private static void text(HttpExchange exchange, int status, String text) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", text + "\n");
    }

    private static void send(HttpExchange exchange, int status, String type, String text)
            throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /**
     * Stops the server. If a browser has just been looking and the training has ended, waits a few
     * seconds at most until it has fetched the end.
     */
    @Override
    public void close() {
        boolean watched = System.nanoTime() - lastRequest < WATCHED_NANOS;
        try {
            if (watched && !lastLook.await(LAST_LOOK_SECONDS, TimeUnit.SECONDS)) {
                lastLook.countDown(); // the browser is gone, and is not waited for again
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        threads.shutdown();
    }
}
