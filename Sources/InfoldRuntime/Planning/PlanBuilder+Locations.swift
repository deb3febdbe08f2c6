import InfoldGraph
import InfoldKernelInterface
import InfoldSystem
import InfoldTensor

// The locations of values.
extension PlanBuilder {
  /// Returns the sizes of a non-empty float32 value; `nil` for other types or unknown sizes.
  func sizes(_ id: ValueID?) -> [Int]? {
    id.flatMap { format(of: $0) == .float32 ? plannedSizes($0) : nil }
  }

  /// Returns the sizes of a non-empty quantized value, uint8 or int8; `nil` for other types or
  /// unknown sizes.
  func byteSizes(_ id: ValueID?) -> [Int]? {
    id.flatMap { format(of: $0)?.isQuantized == true ? plannedSizes($0) : nil }
  }

  /// Returns the sizes of a non-empty value of a type that plans can store.
  func plannedSizes(_ id: ValueID) -> [Int]? {
    guard format(of: id) != nil, let sizes = graph[id].type?.shape?.sizes, !sizes.contains(0) else { return nil }
    return sizes
  }

  /// Returns the representation of a value's elements in planned memory; `nil` for types that plans
  /// cannot store.
  func format(of id: ValueID) -> ElementFormat? {
    graph[id].type.flatMap { ElementFormat($0.elementType) }
  }

  /// Returns the tensor of a float32 constant.
  func constant(_ id: ValueID?) -> Tensor? {
    guard let tensor = id.flatMap(graph.constant), tensor.elementType == .float32 else { return nil }
    return tensor
  }

  /// Returns the layouts in which `value` already has a location; row-major if it has none yet.
  func layouts(of value: ValueID) -> Set<Layout> {
    let known = Set(locations[value.index].keys)
    return known.isEmpty ? [.rowMajor] : known
  }

  /// Returns the layout for a step from `value` to `result` that requires densely stored pixels:
  /// channels-last if `value` is stored only that way.
  mutating func denseLayout(of value: ValueID, for result: ValueID) throws(InfoldError) -> Layout {
    guard !layouts(of: value).contains(.rowMajor), let image = plannedSizes(value).flatMap({ ImageShape($0) }),
      concatenations.part(result) == nil, try location(of: value, .channelsLast).pixelStride == image.channels
    else { return .rowMajor }
    return .channelsLast
  }

  /// Returns the location of `value` in `layout`. Adds a conversion step if the value is stored
  /// only in the other layout.
  mutating func location(of value: ValueID, _ layout: Layout) throws(InfoldError) -> Location {
    if let present = locations[value.index][layout] { return present }
    let sizes = plannedSizes(value)!
    guard let other = locations[value.index].first?.value else {
      precondition(isTensor[value.index], "a value is read before it is written")
      let format = format(of: value)!
      let source = graph.constant(value).map { Buffer.Source.constant($0) } ?? .tensor(value)
      let place = Location(addBuffer(source), format.inTensors, sizes)
      setLocation(value, place.format == format ? place : copied(place, sizes, as: format))
      return try location(of: value, layout)
    }
    let image = ImageShape(sizes)!
    if image.isSameInBothLayouts,
      other.layout == .rowMajor || other.pixelStride == image.channels || image.images == 1 && image.pixels == 1
    {
      let same = other.reshaped(sizes, layout)
      setLocation(value, same)
      return same
    }
    return convert(value, image, from: other, to: layout)
  }

  /// Assigns memory to a value that a step will write.
  ///
  /// - Parameter sources: Values whose memory may be overwritten while they are read, if they are
  ///   not needed afterwards. The first suitable one is used.
  mutating func define(_ value: ValueID, _ layout: Layout, inPlaceOf sources: ValueID?...) -> Location {
    define(value, layout, inPlaceOf: sources.compactMap { $0 })
  }

  /// Assigns memory to a value that a step will write, with a list of values that may be
  /// overwritten.
  mutating func define(_ value: ValueID, _ layout: Layout, inPlaceOf sources: [ValueID]) -> Location {
    let sizes = plannedSizes(value)!
    if layout == .channelsLast, let part = concatenations.part(value) {
      var slice = concatenated(part.whole)
      slice.offset += part.firstChannel
      setLocation(value, slice)
      return slice
    }
    var place = Location(0, format(of: value)!, sizes, layout)
    if layout == .rowMajor || ImageShape(sizes)!.isSameInBothLayouts, place.format == place.format.inTensors,
      let index = outputIndices[value.index]
    {
      place.buffer = addBuffer(.output(index))
    } else if let source = sources.first(where: { isReplaceable($0, by: place, sizes) }) {
      place = locations[source.index][layout]!
      // The previous values of the buffer are no longer read once the new value is written.
      residents[place.buffer] = []
    } else {
      place.buffer = addBuffer(.arena, byteCount: place.format.byteCount(of: sizes.reduce(1, *)))
    }
    setLocation(value, place)
    return place
  }

  /// Returns the location of the result of a Concat whose operands are written in place.
  mutating func concatenated(_ whole: ValueID) -> Location {
    locations[whole.index][.channelsLast] ?? define(whole, .channelsLast)
  }

  /// Records that the elements of `value` are, or will be, at `location`.
  mutating func setLocation(_ value: ValueID, _ location: Location) {
    locations[value.index][location.layout] = location
    residents[location.buffer].append(value)
  }

  /// Returns whether a result may overwrite `value`. `place` is the location that it would have in
  /// memory of its own.
  private func isReplaceable(_ value: ValueID, by place: Location, _ sizes: [Int]) -> Bool {
    guard let present = locations[value.index][place.layout] else { return false }
    return plannedSizes(value) == sizes && present.format == place.format && present.pixelStride == place.pixelStride
      && isLastRead(of: value, at: present)
  }

  /// Returns whether the node being lowered is the last use of `value` and of everything else in
  /// its memory.
  private func isLastRead(of value: ValueID, at location: Location) -> Bool {
    guard case .arena = buffers[location.buffer].source, let current, concatenations.part(value) == nil else {
      return false
    }
    let reads = current.nodes.reduce(0) { $0 + graph[$1].uses.filter { $0 == value }.count }
    return reads == 1
      && residents[location.buffer].allSatisfy { remainingUses[$0.index] == ($0 == value ? 1 : 0) }
  }

  /// Adds a buffer.
  mutating func addBuffer(_ source: Buffer.Source, byteCount: Int = 0) -> Int {
    buffers.append(Buffer(source: source, byteCount: byteCount, lifetime: nil))
    residents.append([])
    return buffers.count - 1
  }

  /// Allocates memory for an intermediate result between the steps of one node.
  mutating func temporary(_ sizes: [Int], _ format: ElementFormat = .float32, _ layout: Layout = .rowMajor) -> Location
  {
    Location(
      addBuffer(.arena, byteCount: format.byteCount(of: sizes.reduce(1, *))), format, sizes, layout)
  }

  /// Returns the location of a constant that kernels read directly or in packed form.
  mutating func location(of source: Buffer.Source) -> Location {
    Location(addBuffer(source), .float32, [])
  }
}

// Conversions between layouts and formats, and outputs of the plan.
extension PlanBuilder {
  /// Copies elements to another format.
  private mutating func copied(_ source: Location, _ sizes: [Int], as format: ElementFormat) -> Location {
    let target = temporary(sizes, format)
    emitCopy(from: source, to: target, count: sizes.reduce(1, *))
    return target
  }

  private mutating func convert(
    _ value: ValueID, _ image: ImageShape, from source: Location, to layout: Layout
  ) -> Location {
    let target = temporary(plannedSizes(value)!, source.format, layout)
    emitLayout(image, from: source, to: target)
    setLocation(value, target)
    return target
  }

  private mutating func emitCopy(from source: Location, to target: Location, count: Int) {
    emit(RangeStep.copy(from: source, to: target, count: count), "copy", reads: [source], writes: [target])
  }

  /// Adds a step that converts images from one layout to the other.
  mutating func emitLayout(_ image: ImageShape, from source: Location, to target: Location) {
    emit(
      RangeStep.layout(image, from: source, to: target, kernels), "layout", reads: [source], writes: [target],
      shape: image.sizes)
  }

  /// Copies an output of the graph to the caller's memory if it was not written there directly.
  mutating func placeOutput(_ index: Int) throws(InfoldError) {
    let value = graph.outputs[index]
    guard outputIndices[value.index] == index, !isTensor[value.index] else { return }
    for location in locations[value.index].values {
      if case .output(index) = buffers[location.buffer].source { return }
    }
    let sizes = plannedSizes(value)!, format = format(of: value)!
    let target = Location(addBuffer(.output(index)), format.inTensors, sizes)
    if locations[value.index][.rowMajor] == nil, let image = ImageShape(sizes),
      let source = locations[value.index][.channelsLast], !image.isSameInBothLayouts, format.offset == 0
    {
      emitLayout(image, from: source, to: target)
    } else {
      emitCopy(from: try location(of: value, .rowMajor), to: target, count: sizes.reduce(1, *))
    }
  }
}
