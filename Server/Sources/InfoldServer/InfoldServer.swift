@_exported import InfoldServing
