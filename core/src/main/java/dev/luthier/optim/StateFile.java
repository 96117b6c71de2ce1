package dev.luthier.optim;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.format.Reason;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.format.TensorInfo;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Optimizer state as a safetensors file, written and read slice by slice, so that paged state is
 * never whole in memory.
 */
final class StateFile {
  private StateFile() {}

  static void write(Path path, Map<String, ParameterState> states, Map<String, String> metadata) {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    states.forEach(
        (parameter, state) -> {
          List<Slot> slots = state.layout().slots();
          for (int s = 0; s < slots.size(); s++) {
            Slot slot = slots.get(s);
            int index = s;
            entries.add(
                new SafetensorsWriter.Entry(
                    name(parameter, slot),
                    slot.dtype(),
                    slot.shape(),
                    channel ->
                        state.read(
                            (from, length, parts) ->
                                TensorFiles.writeBytes(channel, parts.get(index)))));
          }
        });
    SafetensorsWriter.write(path, entries, metadata);
  }

  static void read(Path path, Map<String, ParameterState> states) {
    Map<String, TensorInfo> tensors = SafetensorsFile.open(path).tensors();
    check(path, tensors, states);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      for (Map.Entry<String, ParameterState> e : states.entrySet()) {
        read(channel, tensors, e.getKey(), e.getValue());
      }
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static void read(
      FileChannel channel, Map<String, TensorInfo> tensors, String parameter, ParameterState state)
      throws IOException {
    List<Slot> slots = state.layout().slots();
    List<Long> offsets =
        slots.stream()
            .map(s -> Objects.requireNonNull(tensors.get(name(parameter, s))).offset())
            .toList();
    state.update(
        (from, length, parts) -> {
          for (int s = 0; s < parts.size(); s++) {
            Slot slot = slots.get(s);
            long at = offsets.get(s) + slot.entries(from) * slot.dtype().bytes();
            TensorFiles.readBytes(channel, at, parts.get(s));
          }
        });
  }

  private static void check(
      Path path, Map<String, TensorInfo> tensors, Map<String, ParameterState> states) {
    Map<String, String> expected = new LinkedHashMap<>();
    states.forEach(
        (parameter, state) ->
            state
                .layout()
                .slots()
                .forEach(s -> expected.put(name(parameter, s), s.dtype() + " " + s.shape())));
    Map<String, String> found = new LinkedHashMap<>();
    tensors.forEach((name, t) -> found.put(name, t.dtype() + " " + t.shape()));
    if (!found.equals(expected)) {
      throw new LuthierException(
          path
              + " does not hold this run's optimizer state: it is another optimizer's, or another"
              + " model's");
    }
  }

  private static String name(String parameter, Slot slot) {
    return parameter + "." + slot.name();
  }
}
