import { plainForm } from '../text/did-you-mean.ts';

/** Names that a column with the text to score goes by in exports; lower case, spaces for `_` and `-`. */
const usualNames = new Set(
  [
    'text,texts,comment,comments,comment text,feedback,feedback text,verbatim,verbatims,review,reviews',
    'review text,review body,review content,open text,open ended,open ended response,opinion,answer,answers',
    'answer text,response,responses,response text,message,messages,body,content,free text,remark,remarks',
    'suggestion,suggestions,comment body,user comment,customer comment,customer feedback',
    // de, nl, fr, es, pt, it
    'kommentar,kommentare,bewertung,bewertungstext,rückmeldung,antwort,freitext,opmerking,opmerkingen,reactie',
    'commentaire,commentaires,avis,réponse,comentario,comentarios,opinión,respuesta',
    'comentário,comentários,avaliação,resposta,commento,commenti,recensione,risposta',
    // pl, ru, tr, vi, id
    'komentarz,opinia,комментарий,комментарии,отзыв,отзывы,ответ,текст,yorum,yorumlar,geri bildirim',
    'bình luận,phản hồi,đánh giá,komentar,ulasan',
    // ar, hi, th, ja, ko, zh
    'تعليق,التعليق,ملاحظات,टिप्पणी,प्रतिक्रिया,ความคิดเห็น,コメント,レビュー,ご意見,感想',
    '의견,댓글,리뷰,评论,评价,反馈,評論,意見',
  ].flatMap((names) => names.normalize('NFC').split(',')),
);

/** Whether a column of this name usually holds the text to score; marks that nobody sees do not count. */
export function isUsualName(name: string): boolean {
  return usualNames.has(plainForm(name.replaceAll(/[\p{Cc}\p{Cf}]+/gu, '')));
}
