import InfoldReports
import InfoldSystem

/// The plots along the network, with one column for each fold site.
struct SitePlots {
  private let sites: [SiteReport]

  init(_ report: ValidationReport) {
    sites = report.sites.filter { $0.state != .plain }
  }

  var isEmpty: Bool { sites.isEmpty }

  /// The errors of both forms, and the bound, each relative to the largest magnitude of its fold
  /// site.
  var errors: ColumnPlot {
    func line(
      _ style: PlotStyle, _ value: (SiteReport.Numbers) -> Double, _ note: ((SiteReport.Numbers) -> String)? = nil
    ) -> ColumnPlot.Line {
      let notes = note.map { note in
        sites.enumerated().map { index, site in "\(label(index))\n\(site.numbers.map(note) ?? "")" }
      }
      return ColumnPlot.Line(
        style: style, values: sites.map { $0.numbers.map(value) }, hasDots: note != nil, notes: notes ?? [])
    }
    func bound(_ numbers: SiteReport.Numbers) -> Double { numbers.folded.bound / numbers.largestMagnitude }
    return ColumnPlot(
      title: "Error of each fold site against double precision", .logarithmic,
      lines: [
        line(.limit, bound),
        line(.second, \.unfolded.relativeError) { "unfolded \(NumberText.short($0.unfolded.relativeError))" },
        line(.first, \.folded.relativeError) {
          "folded \(NumberText.short($0.folded.relativeError)), bound \(NumberText.short(bound($0)))"
        },
      ])
  }

  /// The distribution of the folding factors: minimum, quartiles and maximum.
  var factors: ColumnPlot {
    ColumnPlot(
      title: "Folding factors of each fold site", .logarithmic,
      spreads: sites.enumerated().map { index, site in
        let scale = site.scale
        return ColumnPlot.Spread(
          quantiles: [scale.minimum, scale.lowerQuartile, scale.median, scale.upperQuartile, scale.maximum],
          note: "\(label(index))\n\(NumberText.short(scale.minimum)) to \(NumberText.short(scale.maximum)), median "
            + NumberText.short(scale.median))
      })
  }

  private func label(_ index: Int) -> String { "\(index + 1): \(sites[index].name)" }
}
