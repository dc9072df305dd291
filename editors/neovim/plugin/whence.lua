-- Commands. The language server itself is enabled by the user: vim.lsp.enable('whence'), or before Neovim 0.11
-- require('whence').setup().

if vim.g.loaded_whence then
  return
end
vim.g.loaded_whence = true

local function command(name, description, run)
  vim.api.nvim_create_user_command(name, function()
    require('whence')[run]()
  end, { desc = description })
end

command('WhenceScan', 'Scan the workspace; findings go to the quickfix list', 'scan')
command('WhenceCancel', 'Stop a running scan', 'cancel')
command('WhenceExplain', 'Show all that is known of the line under the cursor', 'explain')
command('WhenceReview', 'Answer for the finding under the cursor', 'review')
command('WhenceInfo', 'Show how the language server is, for a bug report', 'info')
