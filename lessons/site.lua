-- A page without front matter gets its first heading as the title in the browser's tab.

function Pandoc(doc)
  if doc.meta.title then
    return doc
  end
  for _, block in ipairs(doc.blocks) do
    if block.t == "Header" and block.level == 1 then
      doc.meta.pagetitle = pandoc.utils.stringify(block)
      return doc
    end
  end
end
