/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.internal.BackwardNode;
import org.djlext.internal.NodePass;
import org.djlext.internal.TensorSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a program can see of the other packages has no type of the internal one in it. */
class InternalTypesTest {

    private static final String INTERNAL = BackwardNode.class.getPackageName() + ".";

    private static boolean isVisible(Class<?> type) {
        @Nullable Class<?> outer = type.getDeclaringClass();
        return isVisible(type.getModifiers())
                && !type.isAnonymousClass()
                && !type.isLocalClass()
                && (outer == null || isVisible(outer));
    }

    private static boolean isVisible(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    /** The declarations of a class that a program can see, with their generic types. */
    private static Stream<String> declarations(Class<?> type) {
        Stream<Type> supertypes =
                Stream.concat(
                        Stream.ofNullable(type.getGenericSuperclass()),
                        Arrays.stream(type.getGenericInterfaces()));
        Stream<Member> members =
                Stream.of(
                                type.getDeclaredFields(),
                                type.getDeclaredMethods(),
                                type.getDeclaredConstructors())
                        .flatMap(Arrays::stream);
        return Stream.of(
                        Stream.of(type.toGenericString()),
                        supertypes.map(t -> type.getName() + " is a " + t.getTypeName()),
                        members.filter(m -> isVisible(m.getModifiers()))
                                .map(
                                        m ->
                                                m instanceof Field field
                                                        ? field.toGenericString()
                                                        : ((Executable) m).toGenericString()))
                .flatMap(s -> s);
    }

    private static List<String> leaks(Class<?> type) {
        return declarations(type).filter(d -> d.contains(INTERNAL)).toList();
    }

    private static List<Class<?>> classes() throws IOException, URISyntaxException {
        URL location = BackwardNode.class.getProtectionDomain().getCodeSource().getLocation();
        Path root = Path.of(location.toURI());
        List<Class<?>> classes = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                String path = root.relativize(file).toString();
                String name =
                        path.substring(0, path.length() - ".class".length())
                                .replace(file.getFileSystem().getSeparator(), ".");
                if (!name.endsWith("package-info")) {
                    // Without its static initializer, which could start the engine.
                    classes.add(
                            Class.forName(name, false, InternalTypesTest.class.getClassLoader()));
                }
            }
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
        return classes;
    }

    @Test
    void publicDeclarationsHaveNone() throws Exception {
        List<Class<?>> visible =
                classes().stream()
                        .filter(type -> !type.getName().startsWith(INTERNAL) && isVisible(type))
                        .toList();
        assertTrue(visible.size() > 100, "there are " + visible.size());
        assertEquals(List.of(), visible.stream().flatMap(t -> leaks(t).stream()).toList());
    }

    /** All that a program sees of it must be found, but for {@code allowed}. */
    @SuppressWarnings("unused")
    static class Leaking implements BackwardNode {
        public List<NodePass> field = List.of();

        protected Leaking(TensorSpec... specs) {}

        @Override
        public void backward(NodePass pass) {}

        protected <T extends BackwardNode> void generic() {}

        void hidden(NodePass pass) {}

        public int allowed() {
            return 0;
        }
    }

    @Test
    void aLeakIsFound() {
        List<String> leaks =
                leaks(Leaking.class).stream()
                        .map(leak -> leak.replace(INTERNAL, ""))
                        .map(leak -> leak.replace(Leaking.class.getName(), "Leaking"))
                        .sorted()
                        .toList();
        assertEquals(
                List.of(
                        "Leaking is a BackwardNode",
                        "protected <T extends BackwardNode> void Leaking.generic()",
                        "protected Leaking(TensorSpec...)",
                        "public java.util.List<NodePass> Leaking.field",
                        "public void Leaking.backward(NodePass)"),
                leaks);
    }
}
