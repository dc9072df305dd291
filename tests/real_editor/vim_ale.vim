" A visit with ALE: the finding is there, the quick fix answers, the finding is gone.
set nocompatible noswapfile hidden nobackup
let g:ale_lint_delay = 0
let g:ale_linters = {'python': ['whence']}
let s:seen = {}
let &runtimepath = $WHENCE_VIM . ',' . &runtimepath
packadd ale
filetype plugin on

function! Finish(status) abort
  call writefile([json_encode(s:seen)], $WHENCE_SEEN)
  execute a:status ? 'cquit!' : 'qall!'
endfunction

function! Wait(what, check) abort
  for l:round in range(3000)
    if a:check()
      return
    endif
    sleep 20m
  endfor
  let s:seen.failure = a:what
  call Finish(1)
endfunction

function! Shown() abort
  return map(copy(ale#engine#GetLoclist(bufnr(''))), {_, item -> [item.lnum, item.text, get(item, 'code', '')]})
endfunction

function! Run() abort
  ALELint
  call Wait('two findings', {-> len(Shown()) == 2})
  let s:seen.first = Shown()
  call cursor(s:seen.first[1][0], 5)
  call feedkeys("1\<CR>", 't')
  ALECodeAction
  call Wait('a review', {-> !empty(glob('.whence/reviews/*.toml'))})
  call Wait('one finding', {-> len(Shown()) == 1})
  let s:seen.reviewed = Shown()
  call Finish(0)
endfunction
