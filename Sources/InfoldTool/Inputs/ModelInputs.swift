import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The tensors that a model is run on: from files, and random for the rest.
struct ModelInputs {
  private let inputs: [ValueInfo]
  private var tensors: [String: Tensor] = [:]
  private let shapes: InputShapes
  /// Sizes of symbols, as far as files give them.
  private var sizes: [String: Int] = [:]
  /// How many values random integers have, from 0 on, by the name of the input; `nil` where all are alike.
  private let positions: [String: Int]?

  /// Reads the files that `--input` names.
  /// - Parameters:
  ///   - inputs: Those of the model, bound to `shapes`.
  ///   - shapes: The shapes of `--shape`.
  ///   - positions: For measurements, in which random integers must be what the model takes: how many positions those of each input name,
  ///     where they do. Other integers are then 0 and 1, and a single one is 1.
  /// - Throws: `InfoldError` for arguments of another form, inputs that stand twice or are none, files that cannot be
  ///   read, or have another shape than `--shape` says.
  init(
    _ inputs: [ValueInfo], files: [String], shapes: InputShapes, positions: [String: Int]? = nil
  ) throws(InfoldError) {
    self.inputs = inputs
    self.positions = positions
    self.shapes = shapes
    for argument in files {
      let file = try InputFile(argument, inputs: inputs)
      guard tensors[file.name] == nil else {
        throw InfoldError(.invalidArgument, "--input gives \(String(quoting: file.name)) twice")
      }
      let tensor = try file.tensor()
      let declared = inputs.first { $0.name == file.name }?.type?.shape
      if !shapes.sizes.isEmpty, let declared, !declared.admits(tensor.shape) {
        throw InfoldError(
          .invalidArgument,
          "--input gives \(String(quoting: file.name)) the shape \(tensor.shape); with --shape the model wants \(declared)"
        )
      }
      tensors[file.name] = tensor
      bindSymbols(of: file.name, to: tensor.shape)
    }
  }

  /// The tensors from files.
  var given: [String: Tensor] { tensors }

  /// Makes a tensor of random numbers.
  typealias RandomTensor = (_ shape: [Int], _ type: ElementType, inout SplitMix64) throws(InfoldError) -> Tensor

  /// The tensors for a run. Inputs without a file are random when there is a seed, but for those that have a default and
  /// no shape.
  ///
  /// The random numbers of the model's first input begin at the state `seed` of SplitMix64; those of its input number
  /// k > 0 at the k-th number of that stream.
  /// - Throws: `InfoldError` with `.invalidArgument` that lists the inputs that are missing when there is no seed, or
  ///   those whose sizes are not known.
  func complete(
    seed: UInt64?,
    random: RandomTensor = { (shape, type, generator) throws(InfoldError) in
      try Tensor(random: shape, of: type, using: &generator)
    }
  ) throws(InfoldError) -> [String: Tensor] {
    let missing = inputs.filter { input in
      tensors[input.name] == nil && (!input.hasDefault || seed != nil && shapes.sizes[input.name] != nil)
    }
    guard let seed else {
      guard missing.isEmpty else {
        throw InfoldError(
          .invalidArgument, "no tensor is given for \(missing.map(\.nameAndType).joined(separator: ", "))",
          hint: "give each a file with --input NAME=FILE, or take random numbers with --random SEED")
      }
      return tensors
    }
    var completed = tensors
    var targets: [Target] = []
    for input in missing { targets.append(try target(for: input)) }
    let unknown = targets.filter { $0.sizes == nil }
    guard unknown.isEmpty else {
      throw InfoldError(
        .invalidArgument,
        "the model leaves open the sizes of \(unknown.map(\.input.nameAndType).joined(separator: ", "))",
        hint: "give them with --shape NAME=1x3x224x224")
    }
    let places = Dictionary(inputs.enumerated().map { ($1.name, $0) }) { first, _ in first }
    for (input, type, sizes) in targets {
      guard let sizes else { continue }
      var generator = SplitMix64(seed: seed)
      let position = places[input.name]!
      if position > 0 {
        generator.skip(position - 1)
        generator = SplitMix64(seed: generator.next())
      }
      guard let count = checkedProduct(sizes), let bytes = type.byteCount(of: count), bytes <= MachineMemory.byteCount
      else {
        throw InfoldError(
          .limitExceeded, "\(String(quoting: input.name)) of the shape \(sizes) does not fit into memory")
      }
      if let positions, let count = Self.valueCount(of: type, positions[input.name]) {
        // A single number, such as that of a loop's trips, is 1 where any would do.
        let isLone = checkedProduct(sizes) == 1 && positions[input.name] == nil
        completed[input.name] =
          try isLone
          ? Tensor(shape: sizes, [1 as Int64]).cast(to: type)
          : Tensor(random: sizes, of: type, below: count, using: &generator)
      } else {
        completed[input.name] = try random(sizes, type, &generator)
      }
    }
    return completed
  }

  /// How many values random elements of this type have where inputs are measured; `nil` for those that are not integers. Those of
  /// pictures take every value, but where they name positions.
  private static func valueCount(of type: ElementType, _ positions: Int?) -> Int? {
    switch type {
    case .int16, .uint16, .int32, .uint32, .int64, .uint64: positions ?? 2
    case .int8, .uint8: positions
    default: nil
    }
  }

  private typealias Target = (input: ValueInfo, type: ElementType, sizes: [Int]?)

  private func target(for input: ValueInfo) throws(InfoldError) -> Target {
    guard let type = input.type else {
      throw InfoldError(.unsupported, "the input \(String(quoting: input.name)) is not a tensor")
    }
    return (input, type.elementType, type.shape.flatMap(resolved))
  }

  /// The sizes: those of symbols that are given, and 1 for a batch that is left open.
  private func resolved(_ shape: Shape) -> [Int]? {
    var resolved: [Int] = []
    for (axis, dimension) in shape.enumerated() {
      switch dimension {
      case .fixed(let size): resolved.append(size)
      case .symbol(let symbol) where sizes[symbol] != nil: resolved.append(sizes[symbol]!)
      case .symbol, .unknown:
        guard axis == 0 else { return nil }
        resolved.append(1)
      }
    }
    return resolved
  }

  private mutating func bindSymbols(of name: String, to shape: [Int]) {
    guard let declared = inputs.first(where: { $0.name == name })?.type?.shape, declared.rank == shape.count else {
      return
    }
    for case (.symbol(let symbol), let size) in zip(declared, shape) { sizes[symbol] = sizes[symbol] ?? size }
  }
}

extension ModelInputs {
  /// The tensors that a model is measured on: integers are such that the model takes them.
  init(measuring model: Model, files: [String], shapes: InputShapes) throws(InfoldError) {
    try self.init(
      model.graph.inputs.map(model.graph.info), files: files, shapes: shapes, positions: model.graph.namedPositions())
  }
}
