package dev.luthier.data.synthetic;

/**
 * A task to start from.
 *
 * @param source the file's name and the row's number: {@code seeds.jsonl#3}
 * @param input may be empty
 */
public record SeedTask(String source, String instruction, String input, String output) {}
