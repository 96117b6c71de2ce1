package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.nn.BlockKernel;
import dev.luthier.nn.Init;
import dev.luthier.nn.KvPages;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Packing;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Ragged;
import dev.luthier.nn.RowAdapters;
import dev.luthier.nn.ServedAdapter;
import dev.luthier.nn.TensorSource;
import dev.luthier.nn.Value;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One call computes, bit for bit, what the block's layers compute one after another. */
class BlockKernelTest {
  private static final int D = 64;
  private static final int STEPS = 19; // past the first page
  private static final String SIZES =
      ", vocab_size: 40, hidden_size: 64, intermediate_size: 96, num_hidden_layers: 2,"
          + " num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 64";
  private static final List<String> MODELS =
      List.of(
          "model_type: llama",
          "model_type: llama, attention_bias: true, mlp_bias: true",
          "model_type: qwen2",
          "model_type: qwen3, head_dim: 32",
          "model_type: mistral, sliding_window: 4",
          "model_type: phi3, pad_token_id: 0");

  private static final TensorSource DRAWN = new Drawn(7);

  /** Whatever is asked for, and nothing of it zero. */
  private record Drawn(long seed) implements TensorSource {
    @Override
    public Optional<long[]> shape(String name, long... asked) {
      return Optional.of(asked);
    }

    @Override
    public void read(String name, Init init, Tensor target) {
      target.normal_(0, 0.5, new GeneratorOptional(Seeds.generator(seed, name.hashCode())));
    }
  }

  @BeforeEach
  void kernels() {
    Assumptions.assumeTrue(Kernels.available(), "a C compiler");
  }

  static Stream<Arguments> forms() {
    List<Arguments> all = new ArrayList<>();
    for (String model : MODELS) {
      for (ComputeDtype dtype : List.of(ComputeDtype.FLOAT32, ComputeDtype.BFLOAT16)) {
        all.add(Arguments.of(model, dtype, Optional.empty()));
      }
    }
    for (Packing packing : Packing.values()) {
      all.add(Arguments.of(MODELS.get(1), ComputeDtype.BFLOAT16, Optional.of(packing)));
    }
    return all.stream();
  }

  private static Transformer model(String form, ComputeDtype dtype, Optional<Packing> packing) {
    Transformer model =
        new ModelLoader(dtype, Device.CPU)
            .packed(packing)
            .patterned(TinyConfigs.of(form + SIZES), 3)
            .transformer();
    try (Grad off = Grad.off()) {
      model
          .parameters()
          .all()
          .forEach(
              (name, t) -> {
                if (t.dim() == 1) { // biases and norms, which begin as zeros and ones
                  DRAWN.read(name, Init.NORMAL, t);
                }
              });
    }
    return model;
  }

  private static BlockKernel kernel(Transformer model, int block) {
    return model
        .blocks()
        .get(block)
        .kernelParts()
        .flatMap(parts -> BlockKernel.of(parts, model.parameters().compute()))
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void a_call_is_its_layers(String form, ComputeDtype dtype, Optional<Packing> packing) {
    Transformer model = model(form, dtype, packing);
    compare(model, List.of());
    compare(model, List.of(adapter(model, 1), adapter(model, 2)));
  }

  private static ServedAdapter adapter(Transformer model, long seed) {
    TensorSource source = new Drawn(seed);
    Parameters own =
        new Parameters(source, model.parameters().compute(), Device.CPU, name -> false);
    LoraSettings all = LoraSettings.defaults();
    return ServedAdapter.of(new LoraLayers(all, own), model.linears(), model.head());
  }

  /** Three texts: one read in two pieces, two written; an adapter for each of the last two. */
  private static void compare(Transformer model, List<ServedAdapter> adapters) {
    List<KvPages.Sizes> sizes = sizes(model);
    try (KvPages one = new KvPages(sizes, 8, model.parameters().compute(), Device.CPU);
        KvPages other = new KvPages(sizes, 8, model.parameters().compute(), Device.CPU);
        Grad off = Grad.off();
        BlockKernel kernel = kernel(model, 1)) {
      for (int step = 0; step < STEPS; step++) {
        try (PointerScope scope = new PointerScope()) {
          int first = step < 2 ? 3 : 1;
          int length = step < 2 ? 3 * (step + 1) : step + 5;
          List<Ragged.Part> parts =
              List.of(
                  new Ragged.Part(0, first, length, new int[] {6, 1}),
                  new Ragged.Part(first, 1, step + 1, new int[] {2, 3}),
                  new Ragged.Part(first + 1, 1, step + 1, new int[] {5, 0}));
          List<RowAdapters.Range> ranges = new ArrayList<>();
          for (int i = 0; i < adapters.size(); i++) {
            ranges.add(new RowAdapters.Range(first + i, 1, adapters.get(i)));
          }
          Tensor x = random(model, first + 2, step);
          Pass pass = pass(model, parts, one, ranges);
          assertThat(kernel.takes(x, pass)).isTrue();
          Tensor actual = kernel.forward(x, pass);
          Tensor expected =
              model
                  .blocks()
                  .get(1)
                  .forward(Value.of(x), pass(model, parts, other, ranges))
                  .tensor();
          assertThat(Tensors.toFloats(actual))
              .as("step " + step)
              .containsExactly(Tensors.toFloats(expected));
        }
      }
    }
    adapters.forEach(ServedAdapter::close);
  }

  private static List<KvPages.Sizes> sizes(Transformer model) {
    BlockKernel.Parts parts = model.blocks().get(1).kernelParts().orElseThrow();
    KvPages.Sizes each = new KvPages.Sizes(parts.keyHeads(), parts.out().in() / parts.heads());
    return List.of(each, each);
  }

  private static Pass pass(
      Transformer model, List<Ragged.Part> parts, KvPages pages, List<RowAdapters.Range> adapters) {
    RowAdapters rows = adapters.isEmpty() ? null : new RowAdapters(adapters);
    return new Ragged(parts, pages, p -> model.pass(p).withAdapters(rows), Device.CPU).pass(1);
  }

  private static Tensor random(Transformer model, int tokens, long seed) {
    return torch
        .empty(new long[] {1, tokens, D}, Tensors.options(torch.ScalarType.Float, Device.CPU), null)
        .normal_(0, 1, new GeneratorOptional(Seeds.generator(seed)))
        .to(model.parameters().compute());
  }

  @Test
  void more_tokens_than_a_products_rows_are_the_layers() {
    Transformer model = model(MODELS.get(0), ComputeDtype.FLOAT32, Optional.empty());
    try (KvPages pages = new KvPages(sizes(model), 2, model.parameters().compute(), Device.CPU);
        BlockKernel kernel = kernel(model, 1);
        PointerScope scope = new PointerScope()) {
      for (int tokens : new int[] {5, 6}) {
        Pass pass =
            pass(
                model,
                List.of(new Ragged.Part(0, tokens, tokens, new int[] {0})),
                pages,
                List.of());
        assertThat(kernel.takes(random(model, tokens, 1), pass)).isEqualTo(tokens == 5);
      }
    }
  }

  @Test
  void what_is_no_such_block_has_no_kernel() {
    for (String form :
        List.of("model_type: gemma, head_dim: 16", "model_type: gpt_neox", "model_type: mixtral")) {
      Transformer model = model(form, ComputeDtype.FLOAT32, Optional.empty());
      assertThat(
              model
                  .blocks()
                  .get(0)
                  .kernelParts()
                  .flatMap(parts -> BlockKernel.of(parts, model.parameters().compute())))
          .as(form)
          .isEmpty();
    }
  }
}
