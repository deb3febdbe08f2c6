import InfoldGraph
import InfoldKernelInterface
import InfoldSystem
import InfoldTensor

// Where values lie.
extension PlanBuilder {
  /// The sizes of a float32 value with elements; `nil` for another type, or when they are not known.
  func sizes(_ id: ValueID?) -> [Int]? {
    id.flatMap { graph[$0].type?.elementType == .float32 ? plannedSizes($0) : nil }
  }

  /// The sizes of a quantized value with elements, uint8 or int8; `nil` for another type, or when they are not known.
  func byteSizes(_ id: ValueID?) -> [Int]? {
    id.flatMap { isBytes($0) ? plannedSizes($0) : nil }
  }

  /// The sizes of a value with elements, of one of the types that plans have memory for.
  func plannedSizes(_ id: ValueID) -> [Int]? {
    guard let type = graph[id].type, type.elementType == .float32 || isBytes(id), let sizes = type.shape?.sizes,
      !sizes.contains(0)
    else { return nil }
    return sizes
  }

  /// Whether a value is quantized to 8 bits. In planned memory such numbers are unsigned: those of int8 have 128 added.
  func isBytes(_ id: ValueID) -> Bool {
    graph[id].type.map { $0.elementType == .uint8 || $0.elementType == .int8 } ?? false
  }

  /// What is added to the numbers of a quantized value in planned memory.
  func byteOffset(_ id: ValueID) -> Int32 {
    graph[id].type?.elementType == .int8 ? 128 : 0
  }

  /// The tensor of a float32 constant.
  func constant(_ id: ValueID?) -> Tensor? {
    guard let tensor = id.flatMap(graph.constant), tensor.elementType == .float32 else { return nil }
    return tensor
  }

  /// The layouts in which `value` lies somewhere already. Row-major when it has yet to be looked for.
  func layouts(of value: ValueID) -> Set<Layout> {
    let known = Set(locations[value.index].keys)
    return known.isEmpty ? [.rowMajor] : known
  }

  /// Where `value` lies in `layout`. Adds a step that converts it when it lies in the other one only.
  mutating func location(of value: ValueID, _ layout: Layout) throws(InfoldError) -> Location {
    if let present = locations[value.index][layout] { return present }
    let sizes = plannedSizes(value)!
    guard let other = locations[value.index].first?.value else {
      precondition(isTensor[value.index], "a value is read before it is made")
      let source = graph.constant(value).map { Storage.Source.constant($0) } ?? .tensor(value)
      let place = Location(storage: addStorage(source), offset: 0, layout: .rowMajor, pixelStride: sizes.last ?? 1)
      settle(value, isBytes(value) ? copyBytes(value, from: place) : place)
      return try location(of: value, layout)
    }
    let image = ImageShape(sizes)!
    if image.isSameInBothLayouts,
      other.layout == .rowMajor || other.pixelStride == image.channels || image.images == 1 && image.pixels == 1
    {
      let same = Location(
        storage: other.storage, offset: other.offset, layout: layout,
        pixelStride: layout == .rowMajor ? sizes.last! : image.channels)
      settle(value, same)
      return same
    }
    return try convert(value, image, from: other, to: layout)
  }

  /// Memory for a value that a step will write.
  /// - Parameter source: A value whose memory may be written while it is read, when nobody needs it afterwards.
  mutating func define(_ value: ValueID, _ layout: Layout, inPlaceOf source: ValueID? = nil) -> Location {
    let sizes = plannedSizes(value)!
    if layout == .channelsLast, let part = concatenations.part(value) {
      var slice = concatenated(part.whole)
      slice.offset += part.firstChannel
      settle(value, slice)
      return slice
    }
    let image = ImageShape(sizes)
    var place = Location(
      storage: 0, offset: 0, layout: layout,
      pixelStride: layout == .channelsLast ? image!.channels : sizes.last ?? 1)
    if layout == .rowMajor || image!.isSameInBothLayouts, !isBytes(value),
      let index = outputIndices[value.index]
    {
      place.storage = addStorage(.output(index))
    } else if let source, let present = locations[source.index][layout], plannedSizes(source) == sizes,
      isBytes(source) == isBytes(value),
      present.pixelStride == place.pixelStride, isLastRead(of: source, at: present)
    {
      place = present
      // Nobody reads what lay there, once the value does.
      residents[place.storage] = []
    } else {
      place.storage = addStorage(.arena, byteCount: byteCount(of: value, count: sizes.reduce(1, *)))
    }
    settle(value, place)
    return place
  }

  /// Where the result of a Concat lies whose operands write their slices themselves.
  mutating func concatenated(_ whole: ValueID) -> Location {
    locations[whole.index][.channelsLast] ?? define(whole, .channelsLast)
  }

  /// Says that `value` lies at `location`, where its elements are, or will be.
  mutating func settle(_ value: ValueID, _ location: Location) {
    locations[value.index][location.layout] = location
    residents[location.storage].append(value)
  }

  /// Whether the node that is being lowered is the last to read `value`, and anything else in its memory.
  private func isLastRead(of value: ValueID, at location: Location) -> Bool {
    guard case .arena = storages[location.storage].source, let current, concatenations.part(value) == nil else {
      return false
    }
    let reads = current.nodes.reduce(0) { $0 + graph[$1].uses.filter { $0 == value }.count }
    return reads == 1
      && residents[location.storage].allSatisfy { remainingUses[$0.index] == ($0 == value ? 1 : 0) }
  }

  /// A stretch of memory.
  mutating func addStorage(_ source: Storage.Source, byteCount: Int = 0) -> Int {
    storages.append(Storage(source: source, byteCount: byteCount, lifetime: nil))
    residents.append([])
    return storages.count - 1
  }

  /// The bytes that so many elements of a value take, with those behind them that kernels may read.
  private func byteCount(of value: ValueID, count: Int) -> Int {
    isBytes(value) ? count + byteSlack : count * MemoryLayout<Float>.stride
  }

  /// Memory for bytes that the steps of one node hand on to each other.
  mutating func temporary(byteCount: Int) -> Location {
    Location(
      storage: addStorage(.arena, byteCount: byteCount + byteSlack), offset: 0, layout: .rowMajor, pixelStride: 1)
  }

  /// Memory for what the steps of one node hand on to each other.
  mutating func temporary(count: Int) -> Location {
    let storage = addStorage(.arena, byteCount: count * MemoryLayout<Float>.stride)
    return Location(storage: storage, offset: 0, layout: .rowMajor, pixelStride: 1)
  }

  /// Where a constant that kernels read as it is, or packed, lies.
  mutating func location(of source: Storage.Source) -> Location {
    Location(storage: addStorage(source), offset: 0, layout: .rowMajor, pixelStride: 1)
  }
}

// Between the layouts, and out of the plan.
extension PlanBuilder {
  /// Brings quantized numbers from a tensor into planned memory, where they are unsigned and kernels may read behind them.
  private mutating func copyBytes(_ value: ValueID, from source: Location) -> Location {
    let count = plannedSizes(value)!.reduce(1, *)
    var target = temporary(byteCount: count)
    target.pixelStride = source.pixelStride
    emit(
      RangeStep.copyBytes(from: source, to: target, count: count, flipsSign: byteOffset(value) != 0), "copy",
      reads: [source], writes: [target])
    return target
  }

  private mutating func convert(
    _ value: ValueID, _ image: ImageShape, from source: Location, to layout: Layout
  ) throws(InfoldError) -> Location {
    let target = Location(
      storage: addStorage(.arena, byteCount: byteCount(of: value, count: image.count)), offset: 0, layout: layout,
      pixelStride: layout == .channelsLast ? image.channels : plannedSizes(value)!.last!)
    let step =
      isBytes(value)
      ? RangeStep.byteLayout(image, from: source, to: target)
      : RangeStep.layout(image, from: source, to: target, kernels)
    emit(step, "layout", reads: [source], writes: [target])
    settle(value, target)
    return target
  }

  /// Brings an output of the graph to where the caller finds it.
  mutating func placeOutput(_ index: Int) throws(InfoldError) {
    let value = graph.outputs[index]
    guard outputIndices[value.index] == index, !isTensor[value.index] else { return }
    for location in locations[value.index].values {
      if case .output(index) = storages[location.storage].source { return }
    }
    let target = Location(storage: addStorage(.output(index)), offset: 0, layout: .rowMajor, pixelStride: 1)
    let sizes = plannedSizes(value)!
    if isBytes(value) {
      let source = try location(of: value, .rowMajor)
      emit(
        RangeStep.copyBytes(
          from: source, to: target, count: sizes.reduce(1, *), flipsSign: byteOffset(value) != 0),
        "copy", reads: [source], writes: [target])
      return
    }
    if locations[value.index][.rowMajor] == nil, let image = ImageShape(sizes),
      let source = locations[value.index][.channelsLast], !image.isSameInBothLayouts
    {
      emit(RangeStep.layout(image, from: source, to: target, kernels), "layout", reads: [source], writes: [target])
    } else {
      let source = try location(of: value, .rowMajor)
      emit(
        RangeStep.copy(from: source, to: target, count: sizes.reduce(1, *)), "copy", reads: [source], writes: [target])
    }
  }
}
