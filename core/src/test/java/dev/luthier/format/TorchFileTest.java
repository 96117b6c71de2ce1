package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What torch.save writes, read back. Layouts are PyTorch's serialization.py and _utils.py. */
class TorchFileTest {
  private static final long[] MATRIX = {2, 3};
  private static final long[] ROW_MAJOR = {3, 1};

  @TempDir private Path folder = Path.of("");

  private Path path() {
    return folder.resolve("pytorch_model.bin");
  }

  private TorchFile zip(PickleWriter pickle, Map<String, byte[]> storages) {
    return TorchFile.open(TestTorch.zip(path(), pickle.stop(), storages));
  }

  private TorchFile counting(PickleWriter pickle, int elements) {
    return zip(pickle, Map.of("0", TestTorch.counting(elements)));
  }

  private static TensorInfo tensor(TorchFile file, String name) {
    return Objects.requireNonNull(file.tensors().get(name));
  }

  private static PickleWriter dict() {
    return new PickleWriter().proto().op('}', '(');
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void a_zip_gives_each_tensor_its_own_bytes() {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    sizes.put("b", 3);
    sizes.put("a", 2);
    Path file =
        TestTorch.zip(
            path(),
            PickleWriter.vectors(sizes),
            Map.of("a", TestTorch.floats(8, 9), "b", TestTorch.floats(1, 2, 3)));
    TorchFile read = TorchFile.open(file);
    assertThat(TestTensors.contents(List.of(read)))
        .isEqualTo(
            Map.of(
                "a", "F32 [2] " + hex(TestTorch.floats(8, 9)),
                "b", "F32 [3] " + hex(TestTorch.floats(1, 2, 3))));
    assertThat(read.tensors().keySet()).containsExactly("b", "a");
    assertThat(read.metadata()).isEqualTo(Map.of("torch.save", "zip"));
  }

  @Test
  void the_legacy_layout_gives_the_same() {
    PickleWriter pickle = dict();
    for (String key : List.of("w", "v")) {
      pickle
          .text(key)
          .global("torch._utils", "_rebuild_tensor_v2")
          .op('(', '(')
          .text("storage")
          .global("torch", "FloatStorage")
          .text(key)
          .text("cuda:0")
          .number(2)
          .op('N', 't', 'Q')
          .number(0)
          .numbers(2)
          .numbers(1)
          .op(0x89, 'N', 't', 'R');
    }
    Map<String, byte[]> storages = new LinkedHashMap<>();
    storages.put("v", TestTorch.floats(3, 4));
    storages.put("w", TestTorch.floats(1, 2));
    Path file = TestTorch.legacy(path(), pickle.op('u').stop(), storages, 4);
    TorchFile read = TorchFile.open(file);
    assertThat(TestTensors.contents(List.of(read)))
        .isEqualTo(
            Map.of(
                "w", "F32 [2] " + hex(TestTorch.floats(1, 2)),
                "v", "F32 [2] " + hex(TestTorch.floats(3, 4))));
    assertThat(read.metadata()).isEqualTo(Map.of("torch.save", "legacy"));
  }

  @Test
  void a_view_says_where_its_elements_are() {
    TorchFile read =
        counting(
            dict()
                .text("whole")
                .tensor("FloatStorage", "0", 12, 6, MATRIX, ROW_MAJOR)
                .text("transposed")
                .tensor("FloatStorage", "0", 12, 1, MATRIX, new long[] {1, 2})
                .text("scalar")
                .tensor("FloatStorage", "0", 12, 11, new long[0], new long[0])
                .op('u'),
            12);
    TensorInfo whole = tensor(read, "whole");
    assertThat(TestTensors.read(read, whole)).isEqualTo(TestTorch.floats(6, 7, 8, 9, 10, 11));
    assertThat(whole.view()).isEmpty();
    TensorInfo transposed = tensor(read, "transposed");
    assertThat(transposed.offset()).isEqualTo(whole.offset() - 5 * 4);
    assertThat(transposed.view())
        .isEqualTo(Optional.of(new TensorInfo.View(List.of(2L, 3L), List.of(1L, 2L))));
    assertThat(transposed.view().orElseThrow().span()).isEqualTo(1 + 1 + 2 * 2);
    assertThat(transposed.length()).isEqualTo(24);
    TensorInfo scalar = tensor(read, "scalar");
    assertThat(TestTensors.read(read, scalar)).isEqualTo(TestTorch.floats(11));
  }

  @Test
  void a_size_of_one_or_none_makes_no_view() {
    TorchFile read =
        counting(
            dict()
                .text("one")
                .tensor("FloatStorage", "0", 4, 0, new long[] {1, 4}, new long[] {99, 1})
                .text("none")
                .tensor("FloatStorage", "0", 4, 0, new long[] {0, 4}, new long[] {4, 1})
                .op('u'),
            4);
    assertThat(read.tensors().values()).allMatch(t -> t.view().isEmpty());
    assertThat(tensor(read, "none").length()).isZero();
  }

  @Test
  void tied_weights_are_there_once() {
    TorchFile read =
        counting(
            dict()
                .text("embed")
                .tensor("FloatStorage", "0", 6, 0, MATRIX, ROW_MAJOR)
                .text("head")
                .tensor("FloatStorage", "0", 6, 0, MATRIX, ROW_MAJOR)
                .text("flat")
                .tensor("FloatStorage", "0", 6, 0, new long[] {6}, new long[] {1})
                .op('u'),
            6);
    assertThat(read.tensors()).containsOnlyKeys("embed", "flat");
    assertThat(read.aliases()).isEqualTo(Map.of("head", "embed"));
  }

  @ParameterizedTest
  @CsvSource({
    "DoubleStorage,F64",
    "FloatStorage,F32",
    "HalfStorage,F16",
    "BFloat16Storage,BF16",
    "LongStorage,I64",
    "IntStorage,I32",
    "ShortStorage,I16",
    "CharStorage,I8",
    "ByteStorage,U8",
    "BoolStorage,BOOL"
  })
  void every_storage_class_has_its_dtype(String type, DType dtype) {
    TorchFile read =
        zip(
            dict().text("w").tensor(type, "0", 2, 1, new long[] {1}, new long[] {1}).op('u'),
            Map.of("0", new byte[2 * dtype.bytes()]));
    assertThat(tensor(read, "w").dtype()).isEqualTo(dtype);
    assertThat(tensor(read, "w").length()).isEqualTo(dtype.bytes());
  }

  @ParameterizedTest
  @CsvSource({"float8_e4m3fn,F8_E4M3", "float8_e5m2,F8_E5M2", "uint16,U16", "uint64,U64"})
  void newer_dtypes_come_with_bytes_without_a_dtype(String name, DType dtype) {
    TorchFile read =
        zip(
            dict()
                .text("w")
                .global("torch._utils", "_rebuild_tensor_v3")
                .op('(', '(')
                .text("storage")
                .global("torch.storage", "UntypedStorage")
                .text("0")
                .text("cpu")
                .number(16)
                .op('t', 'Q')
                .number(1)
                .numbers(1)
                .numbers(1)
                .op(0x89)
                .global("collections", "OrderedDict")
                .op(')', 'R')
                .global("torch", name)
                .op('t', 'R', 'u'),
            Map.of("0", new byte[16]));
    TensorInfo info = tensor(read, "w");
    assertThat(info.dtype()).isEqualTo(dtype);
    assertThat(info.length()).isEqualTo(dtype.bytes());
  }

  @Test
  void parameters_metadata_and_other_plain_values_are_passed_over() {
    PickleWriter pickle =
        new PickleWriter()
            .proto()
            .global("collections", "OrderedDict")
            .op(')', 'R', 'q', 0, '(')
            .text("w")
            .global("torch._utils", "_rebuild_parameter")
            .vector("0", 4)
            .op(0x88, 'N', 0x87, 'R')
            .text("attributed")
            .global("torch._tensor", "_rebuild_from_type_v2")
            .op('(')
            .global("torch._utils", "_rebuild_tensor_v2")
            .global("torch", "Tensor")
            .op('(')
            .storage("FloatStorage", "0", 4)
            .number(2)
            .numbers(2)
            .numbers(1)
            .op(0x89, 'N', 't', '}', 't', 'R')
            .text("size")
            .global("torch", "Size")
            .op('(')
            .numbers(2, 3)
            .op('t', 'R')
            .text("dtype")
            .global("torch", "bfloat16")
            .text("device")
            .global("torch", "device")
            .text("cpu")
            .op(0x85, 'R')
            .text("set")
            .global("__builtin__", "set")
            .op(']', 0x85, 'R')
            .text("bytes")
            .global("_codecs", "encode")
            .text("é")
            .text("latin1")
            .op(0x86, 'R')
            .text("default")
            .global("collections", "defaultdict")
            .global("__builtin__", "list")
            .op(0x85, 'R')
            .text("float")
            .op('G')
            .raw(new byte[8])
            .op('u', '}')
            .text("_metadata")
            .op('}', 's', 'b');
    TorchFile read = counting(pickle, 4);
    assertThat(read.tensors()).containsOnlyKeys("w", "attributed");
    assertThat(TestTensors.read(read, tensor(read, "attributed")))
        .isEqualTo(TestTorch.floats(2, 3));
  }

  @Test
  void protocol_4_and_5_are_read() {
    PickleWriter pickle =
        new PickleWriter()
            .op(0x80, 5, 0x95)
            .little(77, 8)
            .op('}', 0x94, 0x8c, 1, 'w', 0x94)
            .op(0x8c, 12)
            .raw(TestTorch.ascii("torch._utils"))
            .op(0x8c, 18)
            .raw(TestTorch.ascii("_rebuild_tensor_v2"))
            .op(0x93, '(')
            .storage("FloatStorage", "0", 2)
            .number(0)
            .numbers(2)
            .numbers(1)
            .op(0x89, 'N', 't', 'R', 0x94, 's', 0x8c, 1, 'v', 'h', 2, 's');
    TorchFile read = counting(pickle, 2);
    assertThat(read.tensors()).containsOnlyKeys("w");
    assertThat(read.aliases()).isEqualTo(Map.of("v", "w"));
  }

  @Test
  void the_state_dict_is_found_among_a_trainers_things() {
    TorchFile read =
        counting(
            dict()
                .text("epoch")
                .number(3)
                .text("optimizer")
                .op('}')
                .text("m")
                .vector("0", 4)
                .op('s')
                .text("state_dict")
                .op('}', '(')
                .text("_orig_mod.module.w")
                .vector("0", 4)
                .text("_orig_mod.module.b")
                .tensor("FloatStorage", "0", 4, 0, new long[] {1}, new long[] {1})
                .op('u', 'u'),
            4);
    assertThat(read.tensors()).containsOnlyKeys("w", "b");
    assertThat(read.metadata())
        .containsEntry("state dict", "state_dict")
        .containsEntry("prefix removed", "_orig_mod.module.");
  }

  @Test
  void a_lightning_modules_own_prefix_is_removed_and_a_models_is_not() {
    PickleWriter lightning =
        dict().text("model.model.norm.weight").vector("0", 4).text("model.lm_head.weight");
    assertThat(counting(lightning.vector("0", 4).op('u'), 4).tensors())
        .containsOnlyKeys("model.norm.weight");
    assertThat(counting(dict().text("model.norm.weight").vector("0", 4).op('u'), 4).tensors())
        .containsOnlyKeys("model.norm.weight");
  }

  @Test
  void what_is_no_state_dict_is_refused_with_what_it_holds() {
    refused(new PickleWriter().proto().numbers(1), "holds a tuple where a state dict");
    refused(dict().text("epoch").number(1).op('u'), "exactly one of its values: epoch");
    PickleWriter two = dict();
    for (String key : List.of("a", "b")) {
      two.text(key).op('}').text("w").vector("0", 4).op('s');
    }
    refused(two.op('u'), "exactly one of its values: a, b");
  }

  private void refused(PickleWriter pickle, String message) {
    assertThatThrownBy(() -> counting(pickle, 4))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll(path().toString(), message, "#pytorch-files");
  }

  @Test
  void other_layouts_are_refused_by_name() {
    byte[] tar = new byte[1024];
    System.arraycopy(TestTorch.ascii("ustar"), 0, tar, 257, 5);
    Map<String, byte[]> script = new LinkedHashMap<>();
    script.put("m/data.pkl", new byte[] {'.'});
    script.put("m/constants.pkl", new byte[] {'.'});
    Map<String, byte[]> big = new LinkedHashMap<>();
    big.put("m/data.pkl", dict().text("w").vector("0", 1).op('u').stop());
    big.put("m/byteorder", TestTorch.ascii("big"));
    layout(TestTorch.write(path(), tar), "tar file");
    layout(TestTorch.write(path(), TestTorch.ascii("version https://git-lfs")), "git lfs pull");
    layout(TestTorch.write(path(), TestTorch.legacyHead(false).bytes()), "big-endian");
    layout(TestTorch.archive(path(), big), "big-endian");
    layout(TestTorch.archive(path(), script), "TorchScript");
    layout(TestTorch.archive(path(), Map.of("a", new byte[1])), "0 entries */data.pkl");
    layout(TestTorch.write(path(), new PickleWriter().proto().op('}').stop()), "not one that");
    layout(TestTorch.write(path(), TestTorch.ascii("hello")), "not a file that torch.save wrote");
    layout(TestTorch.write(path(), new byte[0]), "not a file that torch.save wrote");
  }

  private static void layout(Path file, String message) {
    assertThatThrownBy(() -> TorchFile.open(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll(file.toString(), message);
  }
}
