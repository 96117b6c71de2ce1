package dev.luthier.llamacpp;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;
import org.jspecify.annotations.Nullable;

/**
 * {@code llama.h} of build {@value LlamaCpp#BUILD}: {@code modelLoadFromFile} is {@code
 * llama_model_load_from_file}. C's {@code bool} is a byte here, since JNA's boolean is an int of
 * which a callee may read more than it should.
 */
interface LlamaApi extends Library {
  byte TRUE = 1;
  byte FALSE = 0;

  /** {@code ggml_log_callback}; levels: 1 debug, 2 info, 3 warning, 4 error, 5 goes on. */
  interface LogCallback extends Callback {
    void invoke(int level, @Nullable Pointer text, @Nullable Pointer data);
  }

  /** {@code llama_model_params}. */
  @FieldOrder({
    "devices",
    "gpuLayers",
    "splitMode",
    "mainGpu",
    "tensorSplit",
    "progress",
    "progressData",
    "overrides",
    "vocabularyOnly",
    "useMmap",
    "useMlock",
    "checkTensors"
  })
  class ModelParams extends Structure implements Structure.ByValue {
    public @Nullable Pointer devices;
    public int gpuLayers;
    public int splitMode;
    public int mainGpu;
    public @Nullable Pointer tensorSplit;
    public @Nullable Pointer progress;
    public @Nullable Pointer progressData;
    public @Nullable Pointer overrides;
    public byte vocabularyOnly;
    public byte useMmap;
    public byte useMlock;
    public byte checkTensors;
  }

  /** {@code llama_context_params}. */
  @FieldOrder({
    "context",
    "batch",
    "microBatch",
    "sequences",
    "threads",
    "batchThreads",
    "ropeScaling",
    "pooling",
    "attention",
    "ropeBase",
    "ropeScale",
    "yarnExtFactor",
    "yarnAttnFactor",
    "yarnBetaFast",
    "yarnBetaSlow",
    "yarnOriginalContext",
    "defragment",
    "evaluated",
    "evaluatedData",
    "keyType",
    "valueType",
    "logitsAll",
    "embeddings",
    "offloadCache",
    "flashAttention",
    "noTimings",
    "abort",
    "abortData"
  })
  class ContextParams extends Structure implements Structure.ByValue {
    public int context;
    public int batch;
    public int microBatch;
    public int sequences;
    public int threads;
    public int batchThreads;
    public int ropeScaling;
    public int pooling;
    public int attention;
    public float ropeBase;
    public float ropeScale;
    public float yarnExtFactor;
    public float yarnAttnFactor;
    public float yarnBetaFast;
    public float yarnBetaSlow;
    public int yarnOriginalContext;
    public float defragment;
    public @Nullable Pointer evaluated;
    public @Nullable Pointer evaluatedData;
    public int keyType;
    public int valueType;
    public byte logitsAll;
    public byte embeddings;
    public byte offloadCache;
    public byte flashAttention;
    public byte noTimings;
    public @Nullable Pointer abort;
    public @Nullable Pointer abortData;
  }

  /** {@code llama_batch}: arrays of {@code count} entries. */
  @FieldOrder({
    "count",
    "tokens",
    "embeddings",
    "positions",
    "sequenceCounts",
    "sequences",
    "outputs"
  })
  class Batch extends Structure implements Structure.ByValue {
    public int count;
    public @Nullable Pointer tokens;
    public @Nullable Pointer embeddings;
    public @Nullable Pointer positions;
    public @Nullable Pointer sequenceCounts;
    public @Nullable Pointer sequences;
    public @Nullable Pointer outputs;
  }

  void logSet(LogCallback callback, @Nullable Pointer data);

  void backendInit();

  Pointer printSystemInfo();

  ModelParams modelDefaultParams();

  ContextParams contextDefaultParams();

  @Nullable Pointer modelLoadFromFile(byte[] path, ModelParams params);

  void modelFree(Pointer model);

  Pointer modelGetVocab(Pointer model);

  int modelNCtxTrain(Pointer model);

  int modelNEmbd(Pointer model);

  byte modelHasEncoder(Pointer model);

  int modelDecoderStartToken(Pointer model);

  int vocabNTokens(Pointer vocab);

  byte vocabIsEog(Pointer vocab, int token);

  int tokenize(
      Pointer vocab, byte[] text, int length, int[] ids, int room, byte special, byte parse);

  int detokenize(
      Pointer vocab, int[] ids, int count, byte[] text, int room, byte remove, byte unparse);

  @Nullable Pointer adapterLoraInit(Pointer model, byte[] path);

  void adapterLoraFree(Pointer adapter);

  @Nullable Pointer initFromModel(Pointer model, ContextParams params);

  void free(Pointer context);

  int setAdapterLora(Pointer context, Pointer adapter, float scale);

  void clearAdapterLora(Pointer context);

  void setEmbeddings(Pointer context, byte on);

  int encode(Pointer context, Batch batch);

  int decode(Pointer context, Batch batch);

  @Nullable Pointer getLogitsIth(Pointer context, int index);

  @Nullable Pointer getEmbeddingsIth(Pointer context, int index);

  void kvSelfClear(Pointer context);

  byte kvSelfSeqRm(Pointer context, int sequence, int from, int to);

  void kvSelfSeqCp(Pointer context, int source, int target, int from, int to);

  int kvSelfUsedCells(Pointer context);
}
