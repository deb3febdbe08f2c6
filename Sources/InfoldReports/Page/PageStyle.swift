/// The style sheet of all reports. It supports light and dark mode, narrow windows and printing.
package enum PageStyle {
  package static let css = """
    :root{color-scheme:light dark;--paper:#f7f8fa;--card:#fff;--ink:#16191f;--faint:#5d6675;--rule:#e3e6ec;--grid:#eceff4;
    --first:#1d6fe0;--second:#d97706;--limit:#8b95a5;--third:#0d9488;--good:#0f7b46;--good-paper:#dcf5e7;
    --bad:#b3261e;--bad-paper:#fde5e3}
    @media screen and (prefers-color-scheme:dark){:root{--paper:#101318;--card:#191d24;--ink:#e8ebf0;--faint:#98a2b3;--rule:#2a303a;
    --grid:#262c36;--first:#6aa9ff;--second:#f5a742;--limit:#7b8698;--third:#2dd4bf;--good:#6ee7a8;
    --good-paper:#123524;--bad:#ff9b93;--bad-paper:#45191a}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
    "Helvetica Neue",sans-serif;-webkit-text-size-adjust:100%}
    main{max-width:1240px;margin:0 auto;padding:36px 24px 64px}
    header{display:flex;flex-wrap:wrap;align-items:center;gap:8px 16px;margin-bottom:6px}
    h1{font-size:26px;line-height:1.25;letter-spacing:-.01em;margin:0}
    h2{font-size:18px;margin:0 0 2px}
    h2.next{margin-top:16px}
    nav{display:flex;flex-wrap:wrap;gap:4px 8px;margin:0 0 18px;font-size:14px}
    nav a,nav b{padding:3px 12px;border-radius:99px;border:1px solid var(--rule);background:var(--card);text-decoration:none;
    overflow-wrap:anywhere}
    nav a{color:var(--first)}
    nav a:hover,nav a:focus-visible{border-color:var(--first)}
    nav b{color:var(--faint);font-weight:550;background:var(--grid)}
    p{margin:4px 0}
    code{font:13px/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    .verdict{font-weight:650;padding:2px 14px;border-radius:99px}
    .passed{color:var(--good);background:var(--good-paper)}
    .failed{color:var(--bad);background:var(--bad-paper)}
    .neutral{color:var(--faint);background:var(--grid)}
    .lead,.note{color:var(--faint)}
    .note{font-size:14px;max-width:74ch}
    section,.tile{background:var(--card);border:1px solid var(--rule);border-radius:14px}
    section{padding:20px 22px;margin-top:18px}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px;margin-top:20px}
    .tile{padding:14px 18px}
    .tile b{display:block;font-size:24px;line-height:1.3;font-weight:640;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
    .tile span{display:block;color:var(--faint);font-size:14px;line-height:1.35}
    ul{margin:8px 0 0;padding-left:20px}
    li{margin:3px 0;overflow-wrap:anywhere}
    .legend{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:14px;color:var(--faint);margin:10px 0 4px}
    .legend i{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:7px;vertical-align:middle}
    .pair{display:grid;grid-template-columns:1fr 1fr;gap:8px 24px;margin-top:10px}
    svg{display:block;width:100%;height:auto;overflow:visible}
    .narrow{display:none}
    .label{fill:var(--faint);font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
    .grid{stroke:var(--grid)}
    .axis{stroke:var(--rule)}
    .limit{stroke:var(--limit);fill:none;stroke-width:1.6;stroke-dasharray:5 4}
    circle.first{fill:var(--first)}
    circle.second{fill:var(--second)}
    .soft{fill-opacity:.55}
    circle.third{fill:var(--third)}
    .dots{fill:none;stroke-width:3.4;stroke-linecap:round;stroke-opacity:.6}
    .dots.first{stroke:var(--first)}
    .dots.second{stroke:var(--second)}
    .dots.third{stroke:var(--third)}
    polyline.third{stroke:var(--third);fill:none}
    polyline.first{stroke:var(--first);fill:none}
    polyline.second{stroke:var(--second);fill:none}
    .thin{stroke-opacity:.45;stroke-width:1.4}
    .box{fill:var(--third);fill-opacity:.75}
    .whisker{stroke:var(--third);stroke-opacity:.6;stroke-width:1.4}
    .median{stroke:var(--card);stroke-width:2}
    .scroll{overflow-x:auto;margin:10px -22px -8px;padding:0 22px}
    table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
    th{color:var(--faint);font-weight:550;text-align:right;white-space:nowrap}
    td{text-align:right;white-space:nowrap}
    th,td{padding:6px 9px;border-bottom:1px solid var(--rule)}
    tr:last-child td{border-bottom:0}
    th:nth-child(2),td:nth-child(2),th:first-child,td:first-child{text-align:left}
    td:first-child{color:var(--faint)}
    td:nth-child(2){white-space:normal;min-width:200px;max-width:340px}
    td small{display:block;color:var(--faint);overflow-wrap:anywhere}
    .meter{display:inline-block;width:56px;height:6px;border-radius:3px;background:var(--grid);margin-right:8px;vertical-align:2px}
    .meter i{display:block;height:6px;border-radius:3px;background:var(--first)}
    .swatch{width:10px;min-width:10px}
    .grids{display:grid;grid-template-columns:repeat(auto-fill,minmax(310px,1fr));gap:14px 24px;margin-top:10px}
    .share{display:inline-block;min-width:62px}
    .wrong{color:var(--bad);font-weight:600}
    footer{color:var(--faint);font-size:13px;margin-top:22px}
    @media screen and (max-width:700px){
    main{padding:22px 14px 44px}
    h1{font-size:22px}
    section{padding:16px 14px}
    .wide{display:none}
    .narrow{display:block}
    .pair{grid-template-columns:1fr}
    .tiles{grid-template-columns:1fr 1fr;gap:10px}
    .tile{padding:10px 13px}
    .tile b{font-size:19px}
    .tile span{font-size:13px}
    .scroll{margin:8px 0 0;padding:0;overflow:visible}
    thead{display:none}
    table,tbody,tr,td{display:block}
    tr{padding:9px 0;border-bottom:1px solid var(--rule)}
    tr:last-child{border-bottom:0}
    td,td:nth-child(2){border:0;padding:1px 0;text-align:right;max-width:none;white-space:normal}
    td::before{content:attr(data-name);float:left;color:var(--faint)}
    td:first-child{float:left;padding-right:8px}
    td .swatch{margin-top:5px}
    td:nth-child(2){text-align:left;font-weight:600;overflow-wrap:anywhere}
    td:first-child::before,td:nth-child(2)::before{content:none}
    td small{font-weight:400}
    }
    @page{margin:14mm}
    @media print{
    :root{color-scheme:light;--paper:#fff}
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    body{font-size:11pt}
    main{max-width:none;padding:0}
    nav{display:none}
    section,.tile{border-radius:6px}
    section{padding:12px 14px;margin-top:12px;break-inside:auto}
    h1,h2,.note,.legend{break-after:avoid}
    .tiles{grid-template-columns:repeat(4,1fr);gap:8px;margin-top:10px}
    section:not(:has(table,.grids)),.tile,svg,tr,li,.note,.pair>div,.grids>div{break-inside:avoid}
    .tile{padding:8px 10px}
    .tile b{font-size:17px}
    .tile span{font-size:11px}
    .wide .label{font-size:15px}
    .scroll{overflow:visible;margin:8px 0 0;padding:0}
    table{font-size:8.5pt}
    thead{display:table-header-group}
    th,td{padding:3px 5px}
    th{white-space:normal}
    td:nth-child(2){min-width:150px;overflow-wrap:anywhere}
    .meter{width:30px;margin-right:4px}
    .share{min-width:40px}
    }
    """
}
