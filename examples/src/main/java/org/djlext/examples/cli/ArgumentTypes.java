/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads numbers, choices and the names of files, and refuses others in words of no programming
 * language.
 */
final class ArgumentTypes {

    private ArgumentTypes() {}

    static void register(CommandLine commandLine) {
        ITypeConverter<Integer> whole = text -> (int) whole(text, Integer.MAX_VALUE);
        ITypeConverter<Long> large = text -> whole(text, Long.MAX_VALUE);
        ITypeConverter<Double> real = ArgumentTypes::real;
        commandLine
                .registerConverter(int.class, whole)
                .registerConverter(Integer.class, whole)
                .registerConverter(long.class, large)
                .registerConverter(Long.class, large)
                .registerConverter(double.class, real)
                .registerConverter(Double.class, real)
                .registerConverter(Path.class, ArgumentTypes::path);
        registerChoices(commandLine);
    }

    /** Registers what reads each enum of a command's arguments, and of its subcommands'. */
    private static void registerChoices(CommandLine commandLine) {
        for (ArgSpec argument : commandLine.getCommandSpec().args()) {
            for (Class<?> type : argument.auxiliaryTypes()) {
                if (type.isEnum()) {
                    registerChoice(commandLine, type);
                }
            }
        }
        commandLine.getSubcommands().values().forEach(ArgumentTypes::registerChoices);
    }

    private static <T> void registerChoice(CommandLine commandLine, Class<T> type) {
        List<T> all = List.of(type.getEnumConstants());
        commandLine.registerConverter(
                type,
                text ->
                        all.stream()
                                .filter(each -> each.toString().equalsIgnoreCase(text))
                                .findFirst()
                                .orElseThrow(() -> noneOf(all, text)));
    }

    private static TypeConversionException noneOf(List<?> all, String text) {
        String names =
                all.stream()
                        .map(each -> each.toString().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "));
        return new TypeConversionException(
                "it must be one of %s, but is '%s'".formatted(names, text));
    }

    private static long whole(String text, long most) {
        BigInteger number;
        try {
            number = new BigInteger(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("it must be a whole number, but is '" + text + "'");
        }
        if (number.abs().compareTo(BigInteger.valueOf(most)) > 0) {
            throw new TypeConversionException(
                    "it must be from -%d to %d, but is %s".formatted(most, most, text));
        }
        return number.longValue();
    }

    private static double real(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("it must be a number, but is '" + text + "'");
        }
    }

    // Path.of("") is the folder that the command is run in, which nobody means by an empty name.
    private static Path path(String text) {
        try {
            if (!text.isBlank()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            // as for an empty one
        }
        throw new TypeConversionException("it must name a file or a folder, but is '" + text + "'");
    }
}
